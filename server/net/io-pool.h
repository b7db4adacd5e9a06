/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The workers: a GThreadPool whose threads share one epoll set. Every descriptor is registered one-shot, so a ready item goes to exactly
 * one worker, without a hand-off between threads. */
#pragma once

#include <gio/gio.h>

typedef struct _IoPool IoPool;
typedef struct _IoItem IoItem;

/* Embedded in what is served. */
struct _IoItem
{
  int fd;
  guint registration; /* the pool's number for it, so that an event that comes late is not taken for a later item's */
  gint woken;         /* atomic: in the queue of io_pool_wake() */
};

typedef struct
{
  /* Serves a ready item, on a worker. Two may be in it for one item, when it is woken while it is ready. */
  void (*serve) (IoItem *item);
  /* A worker has served everything that was ready: the end of its burst. */
  void (*burst_end) (void);
  /* Whatever is queued or being served stays alive. */
  void (*ref) (IoItem *item);
  void (*unref) (IoItem *item);
} IoPoolFuncs;

/* NULL with error set when the system gives no epoll set. */
IoPool *io_pool_new (guint workers, const IoPoolFuncs *funcs, GError **error);

/* Ends the workers; returns when the last has finished its burst. Idempotent. */
void io_pool_stop (IoPool *self);
void io_pool_free (IoPool *self);

/* Registers item->fd without waiting for anything. FALSE with error set when the kernel refuses. */
gboolean io_pool_add (IoPool *self, IoItem *item, GError **error);
void io_pool_remove (IoPool *self, IoItem *item);

/* Waits (once) for EPOLLIN or EPOLLOUT. Any thread. */
void io_pool_arm (IoPool *self, IoItem *item, guint32 events);

/* Lets a worker serve the item soon, ready or not. Any thread; never blocks. */
void io_pool_wake (IoPool *self, IoItem *item);
