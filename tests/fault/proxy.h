/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bad network between clients and server: a TCP relay on a port of its own, which refuses, cuts, stalls, splits, delays and swallows
 * by chance. It runs in a thread of its own; its functions are for the one thread that made it. */
#pragma once

#include <gio/gio.h>

typedef struct _FaultProxy FaultProxy;

/* How often what happens to a new connection, in permille. */
typedef struct
{
  guint refuse; /* closed at once */
  guint cut;    /* cut after some bytes */
  guint stall;  /* one direction stands still for some seconds, again and again */
  guint tiny;   /* passed on in pieces of a few bytes */
  guint delay;  /* each piece comes some milliseconds late */
  guint hole;   /* after some bytes nothing is passed on any more, and nobody is told */
} FaultWeather;

extern const FaultWeather fault_sunshine;

FaultProxy *fault_proxy_new (guint32 seed);
/* Cuts everything, and returns what it did, for the log. Transfer full. */
char *fault_proxy_end (FaultProxy *self);

guint16 fault_proxy_get_port (FaultProxy *self);

/* Where the server listens, for connections from now on. 0 = nowhere. */
void fault_proxy_set_server (FaultProxy *self, guint16 port);

/* For connections from now on. With sunshine those that there are flow freely again too, but for the holes: a byte that
 * was swallowed cannot be brought back. */
void fault_proxy_set_weather (FaultProxy *self, const FaultWeather *weather);

/* Cuts all connections that there are now. */
void fault_proxy_cut_all (FaultProxy *self);
