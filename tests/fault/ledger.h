/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who was told to send what, which of it was accepted, and what must be true of a conversation in the end. */
#pragma once

#include <gio/gio.h>

/* A message of a conversation, wherever it was read. */
typedef struct
{
  guint64 seq;
  char *from;
  char *text;
  char *nonce; /* NULL: not known there */
} FaultRow;

FaultRow *fault_row_new (guint64 seq, const char *from, const char *text, const char *nonce);
void fault_row_free (gpointer row);

typedef struct _FaultLedger FaultLedger;

FaultLedger *fault_ledger_new (void);
void fault_ledger_free (FaultLedger *self);

/* A device of from's is about to be told to send the text. Returns the message's number. A text may be used again. */
guint fault_ledger_issue (FaultLedger *self, const char *from, const char *to, const char *text);
void fault_ledger_kept (FaultLedger *self, guint number);    /* it is on the device's disk: it must arrive */
void fault_ledger_refused (FaultLedger *self, guint number); /* it must not */
guint fault_ledger_count_kept (FaultLedger *self);

/* The conversation as the server has stored it: each message that was kept is there once, each other one at most
 * once, and nothing that nobody sent; seqs are 1, 2, 3 … and nonces differ. Returns the number of faults; each is printed. */
guint fault_ledger_check (FaultLedger *self, const char *a, const char *b, GPtrArray *rows);

/* What somebody holds of the conversation is what the server has. Likewise. */
guint fault_compare_rows (const char *holder, const char *peer, GPtrArray *held, GPtrArray *stored);

/* The conversation between two as it is in a server's data folder. No server may run there. Transfer full, of FaultRow. */
GPtrArray *fault_read_store (const char *folder, const char *a, const char *b);

/* The read marks there: how far id has read its conversation with peer. */
guint64 fault_read_store_mark (const char *folder, const char *id, const char *peer);
