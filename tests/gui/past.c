/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "past.h"

#include <string.h>

#include "sample.h"

#define QUARTER ((gint64) 15 * 60 * 1000)

gint64
past_time (Past *past, guint64 seq)
{
  return past->start + ((gint64) seq - 1) * QUARTER;
}

static char *
format_time (gint64 time)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (time / 1000);

  return g_date_time_format (utc, "%Y-%m-%dT%H:%M:%S.000Z");
}

/* The value of a tag, or a number that stands for its absence. */
static guint64
number_of (const char *tags, const char *key, guint64 otherwise)
{
  const char *at = strstr (tags, key);

  return at ? g_ascii_strtoull (at + strlen (key), NULL, 10) : otherwise;
}

static char *
id_of (const char *tags)
{
  const char *at = strstr (tags, "id=");

  return at ? g_strndup (at + 3, strcspn (at + 3, "; ")) : g_strdup ("");
}

static void
say_message (Past *past, GString *answer, guint64 seq)
{
  g_autofree char *text = sample_text ((guint) seq);
  g_autofree char *time = format_time (past_time (past, seq));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *escaped = g_strjoinv ("\\n", lines);

  g_string_append_printf (answer, "@seq=%" G_GUINT64_FORMAT ";from=%s;time=%s HISTORY_RESP %s\n", seq,
                          seq / 3 % 3 == 0 ? "alice" : "Bob", time, escaped);
}

static void
answer_history (Past *past, const char *line)
{
  g_autofree char *tags = g_strndup (line, strcspn (line, " "));
  g_autofree char *id = id_of (tags);
  g_autoptr (GString) answer = g_string_new (NULL);
  guint64 limit = number_of (tags, "limit=", 50);
  guint64 before = number_of (tags, "before=", past->length + 1);
  guint64 first = before > limit ? before - limit : 1;
  guint64 last = before - 1;
  gboolean more = first > 1;

  past->n_requests++;
  if (past->silent)
    return;
  if (strstr (tags, "after="))
    {
      first = number_of (tags, "after=", 0) + 1;
      last = MIN (first + limit - 1, past->length);
      more = last < past->length;
    }
  for (guint64 seq = first; seq <= last; seq++)
    say_message (past, answer, seq);
  g_string_append_printf (answer, "@id=%s;count=%" G_GUINT64_FORMAT ";last=%" G_GUINT64_FORMAT ";more=%d HISTORY_END Bob\n", id,
                          last + 1 - first, past->length, more);
  script_say_bytes (past->server, answer->str, answer->len);
}

static void
answer_conversations (Past *past)
{
  g_autofree char *tags = g_strdup_printf ("last=%" G_GUINT64_FORMAT ";read=%" G_GUINT64_FORMAT, past->length, past->length);

  script_list (past->server, past->length > 0 ? tags : NULL, "Bob");
}

static void
line_cb (ScriptServer *server, const char *line, gpointer data)
{
  Past *past = data;

  if (g_str_has_prefix (line, "HELLO "))
    script_say (server, "CONNECTED 2\n");
  else if (g_str_has_suffix (line, " CLIENTS"))
    script_say (server, "@state=online CLIENT alice\n@state=online CLIENT Bob\nCLIENTS_END\n");
  else if (g_str_has_suffix (line, " CONVERSATIONS"))
    answer_conversations (past);
  else if (g_str_has_prefix (line, "PING"))
    script_say (server, "PONG%s\n", line + strlen ("PING"));
  else if (strstr (line, "HISTORY_REQ Bob"))
    answer_history (past, line);
}

Past *
past_new (guint64 length, gint64 start)
{
  Past *past = g_new0 (Past, 1);
  g_auto (Login) login = { 0 };

  past->length = length;
  past->start = start;
  past->server = script_server_new ();
  past->client = test_client_new ();
  script_set_handler (past->server, line_cb, past);
  login_start (&login, past->client, script_address (past->server), "alice", NULL);
  script_accept (past->server);
  wait_for (login.done);
  g_assert_no_error (login.error);
  past->conversation = wc_client_get_conversation (past->client, "Bob");
  return past;
}

void
past_free (Past *past)
{
  test_client_finish (past->client);
  script_server_free (past->server);
  g_free (past);
}

void
past_say (Past *past, const char *text)
{
  g_autofree char *time = format_time (g_get_real_time () / 1000);

  past->length++;
  script_say (past->server, "@conv=Bob;from=Bob;seq=%" G_GUINT64_FORMAT ";time=%s CHAT %s\n", past->length, time, text);
}
