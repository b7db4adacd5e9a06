/* SPDX-License-Identifier: GPL-3.0-or-later */
/* alice's app with a folder to keep things in, and a scripted server: the app ends at any point, and begins again with the same folder. */
#pragma once

#include "script-server.h"

#define TIME "2026-11-23T10:00:00.000Z"

typedef struct
{
  GFile *folder;
  ScriptServer *server;
  WcClient *client;
  WcConversation *bob;
  WcLog *log;
  guint n_received;
  guint n_kept;
} Kept;

void kept_set_up (Kept *f, gconstpointer data);
void kept_tear_down (Kept *f, gconstpointer data);

/* The app begins: what is kept is there before the server has said a word. */
void kept_start (Kept *f);

/* And is in, with these tags of the conversation with bob; NULL: there is none. */
void kept_log_in (Kept *f, const char *tags);

/* The app ends without a word to anybody. */
void kept_end (Kept *f);

/* All that the server has said is taken. */
void kept_settle (Kept *f);

void kept_open_chat (Kept *f);
void kept_send_text (Kept *f, const char *text);

/* One page with these messages, "m" and its seq each. */
void kept_say_history (Kept *f, const char *from, guint first, guint last);

/* The newest page into bob's log. */
void kept_load (Kept *f);
