/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For fuzz-dialogue.c: the world in which an input's dialogues happen, and the devices that speak and listen in it. */
#pragma once

#include "chat/hub-private.h"
#include "fake-store.h"

#define DEVICES 8

/* The secret of the server, and the only Client-ID that can be invited. */
#define DIALOGUE_SECRET  "thirty-two bytes that are secret"
#define DIALOGUE_INVITED "dave"

/* A client at its end of a socket. */
typedef struct
{
  int fd;                 /* -1: not connected */
  Connection *connection; /* the server's end; a reference, so that it can be looked at when it is over */
  gboolean deaf;          /* reads nothing */
  gboolean was_deaf;
  gboolean ended;         /* the server has closed its end */
  GString *in;            /* what came and is no whole line yet */
  char *claimed;          /* the Client-ID of its last HELLO, where that was in one piece */
  char *challenge;        /* of the server, in base64 */
  char *proved;           /* the Client-ID that it has sent a right proof of, or a right invitation for */

  char *id;               /* logged in */
  WireDialect dialect;
  gboolean asked;         /* AUTH_REQUIRED has come */
  gboolean declined;
  GHashTable *newest;     /* Client-ID -> the newest seq that it was told of; protocol 2 */
  guint64 history_next;   /* the seq after the one that HISTORY_RESP had; 0 when there was none */
  guint history_rows;
} Device;

typedef struct
{
  Hub *hub;
  Store *store;
  ConnectionShared shared;
  Config config;
  ClientList *list;
  Device devices[DEVICES];
  gboolean shown; /* what is said goes to standard output */
} World;

void device_init (Device *self);
void device_clear (Device *self);

/* Reads what there is, and aborts when something in it must not be. TRUE when there was anything. */
gboolean device_listen (Device *self, World *world);

/* To the server, as far as its socket takes it. */
void device_send (Device *self, const char *data, gsize len);
