/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server in the test's own process and main loop that says what the test tells it to say, right or wrong; and what the
 * engine's tests share. All waits run the main loop; each that takes too long fails the test. */
#pragma once

#include "client/client.h"
#include "client/client-private.h"

typedef struct _ScriptServer ScriptServer;

/* Gets each line instead of the queue that script_expect reads. */
typedef void (*ScriptHandler) (ScriptServer *self, const char *line, gpointer user_data);

ScriptServer *script_server_new (void);
void script_server_free (ScriptServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScriptServer, script_server_free)

const char *script_address (ScriptServer *self); /* 127.0.0.1:PORT */
guint16 script_port (ScriptServer *self);
void script_set_handler (ScriptServer *self, ScriptHandler handler, gpointer user_data);

/* Nobody listens any more; and again, on the same port. */
void script_stop_listening (ScriptServer *self);
void script_listen (ScriptServer *self);

/* From now on it speaks TLS, with this certificate; NULL: it does not. Its address begins with tls:// then. */
void script_set_certificate (ScriptServer *self, GTlsCertificate *certificate);

/* Over TLS: whether it offers SCRAM-SHA-256-PLUS. */
typedef enum
{
  SCRIPT_PLUS_OFFERED,
  SCRIPT_PLUS_CANNOT,     /* it knows nothing of the channel, as behind something that speaks TLS for it */
  SCRIPT_PLUS_TAKEN_AWAY, /* it does, and somebody in between takes the offer away */
} ScriptPlus;
void script_set_plus (ScriptServer *self, ScriptPlus plus);

/* Waits for the next connection; the ones before stay open, but are not read. */
void script_accept (ScriptServer *self);
gboolean script_has_connection (ScriptServer *self);

/* The same, where the client may not want to go on. FALSE: it did not. */
gboolean script_try_accept (ScriptServer *self);

/* Waits for the next line and compares; a * stands for anything. Returns the line, owned by self until the next. */
const char *script_expect (ScriptServer *self, const char *pattern);
const char *script_id (ScriptServer *self); /* the id tag of the line expected last */
gboolean script_is_quiet (ScriptServer *self); /* no line waits to be expected */

/* Writes exactly these bytes; waits for nothing. */
void script_say (ScriptServer *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void script_say_bytes (ScriptServer *self, const char *bytes, gsize len);

/* Ends the connection; waits until the client has, too. */
void script_hang_up (ScriptServer *self);
void script_expect_end (ScriptServer *self);

/* Asks for the proof of alice's password, up to the client's RESPONSE. The verifier is that of a password (it takes long to make: share it).
 * Returns the server's own proof, or NULL when the client has not proved it. Transfer full. */
char *script_ask_proof (ScriptServer *self, const char *verifier);

/* The same with HELLO before and CONNECTED or DECLINED after it. */
void script_prove (ScriptServer *self, const char *verifier);

/* Runs the main loop until the condition holds. */
#define wait_for(condition)                                      \
  G_STMT_START                                                   \
  {                                                              \
    gint64 wait_deadline = g_get_monotonic_time () + 20000000;   \
    guint wait_tick = g_timeout_add (20, wait_tick_cb, NULL);    \
    while (!(condition))                                         \
      {                                                          \
        if (g_get_monotonic_time () > wait_deadline)             \
          g_error ("%s:%d: this never came: %s", __FILE__, __LINE__, #condition); \
        g_main_context_iteration (NULL, TRUE);                   \
      }                                                          \
    g_source_remove (wait_tick);                                 \
  }                                                              \
  G_STMT_END

gboolean wait_tick_cb (gpointer user_data);

/* A login on its way, or ended. */
typedef struct
{
  gboolean done;
  gboolean ok;
  GError *error;
} Login;

void login_start (Login *login, WcClient *client, const char *server, const char *client_id, GCancellable *cancellable);
void login_clear (Login *login);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Login, login_clear)

/* A client with short times. */
WcClient *test_client_new (void);

/* The usual beginning: alice is logged in, and the server has answered everything that she asks for then. people: ended by NULL; each
 * has a conversation without messages. */
void script_login (ScriptServer *self, WcClient *client, ...) G_GNUC_NULL_TERMINATED;
void script_login_base (ScriptServer *self, WcClient *client);

/* The same for a client that comes back by itself: up to the answer to HELLO; and what it asks for then. */
void script_welcome (ScriptServer *self);
void script_expect_lists (ScriptServer *self);

/* The answer to CONVERSATIONS with one of them, or none (tags NULL). */
void script_list (ScriptServer *self, const char *tags, const char *peer);

/* Logs out, and sees that nothing of the client is left. */
void test_client_finish (WcClient *client);

/* An empty folder; and away with it and all that is in it. */
GFile *test_folder_new (void);
void test_folder_free (GFile *folder);

/* The rows of a log as text: "alice: hi [stored]", "* started", for tables. Transfer full. */
char *log_to_text (WcLog *log);
#define assert_log(log, expected)                  \
  G_STMT_START                                     \
  {                                                \
    g_autofree char *log_text = log_to_text (log); \
    g_assert_cmpstr (log_text, ==, expected);      \
  }                                                \
  G_STMT_END
