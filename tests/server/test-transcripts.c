/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replays the transcripts of shared/PROTOCOL.md against the real server: the document says what is.
 * Each runs on a server of its own.
 *
 * In a ```transcript block a line is "name C: sent", "name S: received", or "(the server is killed
 * and started again)". A name that is new connects first. <time> and <words> stand for any time and
 * any words, another <…> for one number or word that stays the same. With "unframed" after
 * transcript, nothing has a line end but what ends in ⏎. With "proof", alice has a password and bob is invited to set the same one:
 * <client-first>, <client-final>, <token> and <verifier> are said as they must be, <wrong-client-final> is made of another password, and
 * <server-first> and <server-final> must be right. */
#include <string.h>

#include "tests/util/client.h"
#include "tests/util/proof.h"
#include "tests/util/server.h"

#define PASSWORD "open sesame"
#define LIST "alice\nbob\ncarol\ndave\n"
#define FENCE "```"
#define TRANSCRIPT FENCE "transcript"
#define TRANSCRIPTS_MIN 22 /* fewer: this test no longer finds them */
#define RETURN_SIGN "\xe2\x8f\x8e"

typedef struct
{
  char *name;
  gboolean unframed;
  gboolean proof;
  GPtrArray *lines;
} Transcript;

typedef struct
{
  TestServer *server;
  gboolean unframed;
  GHashTable *clients; /* name -> TestClient */
  GHashTable *values;  /* placeholder -> what it stood for first */
  char *invited;       /* the verifier of who is invited; NULL: nobody proves anything here */
  TestProof *proof;    /* the one under way */
} Replay;

static void
transcript_free (gpointer data)
{
  Transcript *self = data;

  g_free (self->name);
  g_ptr_array_unref (self->lines);
  g_free (self);
}

/* Matching */

static gboolean
match_placeholder (Replay *replay, const char *name, const char *value)
{
  const char *known;

  if (g_str_equal (name, "<words>"))
    return *value != '\0';
  if (replay->invited != NULL && g_str_equal (name, "<server-first>"))
    {
      test_proof_take_challenge (replay->proof, value);
      return TRUE;
    }
  if (replay->invited != NULL && g_str_equal (name, "<server-final>"))
    {
      g_autofree char *right = test_base64 (replay->proof->v);

      return g_str_equal (right, value);
    }
  if (g_str_equal (name, "<time>"))
    return g_regex_match_simple ("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$", value, 0, 0);
  known = g_hash_table_lookup (replay->values, name);
  if (known != NULL)
    return g_str_equal (known, value);
  if (!g_regex_match_simple ("^\\d{6,}$", value, 0, 0))
    return FALSE;
  g_hash_table_insert (replay->values, g_strdup (name), g_strdup (value));
  return TRUE;
}

/* The pattern as a regular expression: each <placeholder> is a group. */
static char *
to_expression (const char *pattern, GPtrArray *names)
{
  GString *expression = g_string_new ("^");
  const char *p = pattern;

  while (*p != '\0')
    {
      const char *open = strchr (p, '<');
      const char *close = open != NULL ? strchr (open, '>') : NULL;
      g_autofree char *literal = close != NULL ? g_strndup (p, (gsize) (open - p)) : g_strdup (p);
      g_autofree char *escaped = g_regex_escape_string (literal, -1);

      g_string_append (expression, escaped);
      if (close == NULL)
        break;
      g_ptr_array_add (names, g_strndup (open, (gsize) (close + 1 - open)));
      g_string_append (expression, g_str_has_prefix (open, "<words>") ? "(.*)" : "([^ ;]*)");
      p = close + 1;
    }
  g_string_append_c (expression, '$');
  return g_string_free (expression, FALSE);
}

static gboolean
matches (Replay *replay, const char *pattern, const char *line)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *expression = to_expression (pattern, names);
  g_autoptr (GRegex) regex = g_regex_new (expression, G_REGEX_DOTALL, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  g_assert_nonnull (regex);
  if (!g_regex_match (regex, line, 0, &match))
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *value = g_match_info_fetch (match, (int) i + 1);

      if (!match_placeholder (replay, g_ptr_array_index (names, i), value))
        return FALSE;
    }
  return TRUE;
}

/* Replaying */

static void
expect (Replay *replay, TestClient *client, const char *name, const char *pattern)
{
  g_autofree char *over_tls = NULL;
  const char *line;

  if (g_str_equal (pattern, "AUTH_REQUIRED SCRAM-SHA-256") && test_server_usual_is_tls ())
    pattern = over_tls = g_strconcat (pattern, " SCRAM-SHA-256-PLUS", NULL);
  if (g_str_equal (pattern, "(closed)"))
    {
      test_expect_closed (client);
      g_hash_table_remove (replay->clients, name);
      return;
    }
  line = replay->unframed ? test_read_once (client, NULL, NULL) : test_line (client);
  if (line == NULL || !matches (replay, pattern, line))
    test_fail ("%s: the document has \"%s\", the server sent \"%s\"", name, pattern, line);
}

/* Lines that an unframed client is sent one after the other may come in one read when this machine
 * is slow. */
static void
expect_unframed (Replay *replay, TestClient *client, const char *pattern)
{
  g_auto (GStrv) parts = g_strsplit (pattern, RETURN_SIGN, -1);
  g_autofree char *bytes = g_strjoinv ("\n", parts);

  if (strchr (pattern, '<') == NULL)
    test_expect_bytes (client, bytes);
  else
    expect (replay, client, "unframed", bytes);
}

/* What a placeholder stands for that a client says as this ID; NULL when it is none. Transfer full. */
static char *
make_part (Replay *replay, const char *id, const char *placeholder)
{
  if (g_str_equal (placeholder, "<client-first>"))
    {
      g_clear_pointer (&replay->proof, test_proof_free);
      replay->proof = test_proof_new ("n,,", id);
      return test_proof_first (replay->proof);
    }
  if (g_str_equal (placeholder, "<client-final>"))
    return test_proof_final (replay->proof, PASSWORD);
  if (g_str_equal (placeholder, "<wrong-client-final>"))
    return test_proof_final (replay->proof, PASSWORD "!");
  if (g_str_equal (placeholder, "<token>"))
    return test_invitation_token (replay->server, "bob", replay->invited, g_get_real_time () / G_USEC_PER_SEC + 3600);
  if (g_str_equal (placeholder, "<verifier>"))
    return test_verifier (PASSWORD);
  return NULL;
}

/* The words of a client who proves something. */
static void
say_proof (Replay *replay, TestClient *client, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autofree char *said = NULL;

  if (g_str_equal (words[0], "HELLO"))
    g_hash_table_insert (replay->values, g_strdup ("HELLO"), g_strdup (words[1]));
  for (char **word = words; *word != NULL; word++)
    {
      char *part = make_part (replay, g_hash_table_lookup (replay->values, "HELLO"), *word);

      if (part != NULL)
        {
          g_free (*word);
          *word = part;
        }
    }
  said = g_strjoinv (" ", words);
  test_send (client, "%s", said);
}

static void
say (Replay *replay, TestClient *client, const char *name, const char *line)
{
  if (g_str_equal (line, "(closes)"))
    g_hash_table_remove (replay->clients, name);
  else if (replay->unframed)
    test_send_bytes (client, line, -1);
  else if (replay->invited != NULL)
    say_proof (replay, client, line);
  else
    test_send (client, "%s", line);
}

static void
replay_line (Replay *replay, const char *line)
{
  g_autoptr (GRegex) regex = g_regex_new ("^(\\w+) +([CS]): (.*)$", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *name = NULL, *side = NULL, *content = NULL;
  TestClient *client;

  if (g_str_equal (line, "(the server is killed and started again)"))
    {
      g_hash_table_remove_all (replay->clients);
      test_server_crash_and_restart (replay->server);
      return;
    }
  if (!g_regex_match (regex, line, 0, &match))
    g_error ("this is no line of a transcript: \"%s\"", line);
  name = g_match_info_fetch (match, 1);
  side = g_match_info_fetch (match, 2);
  content = g_match_info_fetch (match, 3);
  client = g_hash_table_lookup (replay->clients, name);
  if (client == NULL)
    {
      g_assert_cmpstr (side, ==, "C");
      client = test_connect (replay->server, name);
      g_hash_table_insert (replay->clients, g_strdup (name), client);
    }
  if (side[0] == 'C')
    say (replay, client, name, content);
  else if (replay->unframed)
    expect_unframed (replay, client, content);
  else
    expect (replay, client, name, content);
}

static void
test_transcript (gconstpointer data)
{
  const Transcript *transcript = data;
  Replay replay = { 0 };
  g_autofree char *list = NULL;

  if (transcript->proof)
    {
      g_autofree char *alice = test_verifier (PASSWORD);

      replay.invited = test_verifier ("nobody knows");
      list = g_strdup_printf ("alice %s\nbob %s\ncarol\ndave\n", alice, replay.invited);
    }
  replay.server = test_server_new (list != NULL ? list : LIST, NULL);
  replay.unframed = transcript->unframed;
  replay.clients = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) test_client_free);
  replay.values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; i < transcript->lines->len; i++)
    replay_line (&replay, g_ptr_array_index (transcript->lines, i));
  g_hash_table_unref (replay.clients);
  g_hash_table_unref (replay.values);
  g_clear_pointer (&replay.proof, test_proof_free);
  g_free (replay.invited);
  test_server_free (replay.server);
}

/* Finding them */

static char *
make_name (const char *heading, guint number)
{
  g_autofree char *name = g_ascii_strdown (heading, -1);

  g_strcanon (name, "abcdefghijklmnopqrstuvwxyz0123456789", '-');
  return g_strdup_printf ("/transcripts/%02u-%s", number, name);
}

static GPtrArray *
read_transcripts (const char *file)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (transcript_free);
  g_autofree char *content = NULL;
  g_auto (GStrv) lines = NULL;
  Transcript *open = NULL;
  const char *heading = "";

  if (file == NULL || !g_file_get_contents (file, &content, NULL, NULL))
    g_error ("WEBCHAT_PROTOCOL must name PROTOCOL.md; meson test sets it");
  lines = g_strsplit (content, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (open != NULL && g_str_has_prefix (lines[i], FENCE))
      open = NULL;
    else if (open != NULL)
      g_ptr_array_add (open->lines, g_strdup (lines[i]));
    else if (g_str_has_prefix (lines[i], "#"))
      heading = strchr (lines[i], ' ') + 1;
    else if (g_str_has_prefix (lines[i], TRANSCRIPT))
      {
        open = g_new0 (Transcript, 1);
        open->name = make_name (heading, found->len + 1);
        open->unframed = strstr (lines[i], "unframed") != NULL;
        open->proof = strstr (lines[i], "proof") != NULL;
        open->lines = g_ptr_array_new_with_free_func (g_free);
        g_ptr_array_add (found, open);
      }
  return found;
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) transcripts = NULL;

  g_test_init (&argc, &argv, NULL);
  transcripts = read_transcripts (g_getenv ("WEBCHAT_PROTOCOL"));
  g_assert_cmpuint (transcripts->len, >=, TRANSCRIPTS_MIN);
  for (guint i = 0; i < transcripts->len; i++)
    {
      Transcript *transcript = g_ptr_array_index (transcripts, i);

      g_test_add_data_func (transcript->name, transcript, test_transcript);
    }
  return g_test_run ();
}
