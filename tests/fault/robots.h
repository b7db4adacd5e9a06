/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The robots as the test sees them: a device of somebody's, which runs or does not. Main thread; what a robot says is heard
 * while the default main context runs. */
#pragma once

#include <gio/gio.h>

#include "tests/fault/ledger.h"

/* What a device says of one conversation. */
typedef struct
{
  char *peer;
  guint64 last, read, peer_read;
  guint unread;
} FaultWith;

typedef struct
{
  const char *id;   /* the Client-ID */
  const char *name; /* of the device, for the log */
  char *server;
  char *folder;
  FaultLedger *ledger;

  GSubprocess *process; /* NULL: it does not run */
  GDataInputStream *says;
  gboolean ready;       /* takes orders */
  gboolean ended;       /* all that it said has been read */
  guint n_open;         /* messages that it was told to send, and of which it has not said what became of them */
  gint64 start_time;    /* when it is to run again; monotonic */

  /* The answer to the last question. */
  gboolean answered;
  gboolean online;
  guint n_sending;
  GPtrArray *with;      /* of FaultWith */
  GPtrArray *rows;      /* of FaultRow */

  guint n_failed;       /* messages that were refused by the server for the time being */
  guint n_runs;
} FaultRobot;

void fault_robot_init (FaultRobot *self, const char *id, const char *name, guint16 port, const char *top_folder, FaultLedger *ledger);
void fault_robot_clear (FaultRobot *self);

void fault_robot_start (FaultRobot *self);

/* Ends it with SIGKILL, or politely; returns when all that it said has been heard. */
void fault_robot_kill (FaultRobot *self);
void fault_robot_end (FaultRobot *self);

void fault_robot_order (FaultRobot *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The same, and returns when the answer is here. */
void fault_robot_ask (FaultRobot *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Reads what the device keeps on disk of a conversation into rows, while it does not run. */
void fault_robot_read_cache (FaultRobot *self, const char *peer);

/* NULL when it has said nothing of this conversation. */
const FaultWith *fault_robot_with (FaultRobot *self, const char *peer);
