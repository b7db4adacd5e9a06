/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The links of invitations, good and bad. */
#include "shared/invitation.h"

#include <string.h>

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TAIL "?token=AGjc-_09&sha256=" SHA

static const struct
{
  const char *link;
  const char *host;
  guint16 port;
  const char *id;
  const char *again; /* as it is written; NULL: the same */
} good[] = {
  { "webchat://chat.lab/alice" TAIL, "chat.lab", 5001, "alice", NULL },
  { "webchat://chat.lab:5001/alice" TAIL, "chat.lab", 5001, "alice", "webchat://chat.lab/alice" TAIL },
  { "webchat://chat.lab:1/alice" TAIL, "chat.lab", 1, "alice", NULL },
  { "webchat://chat.lab:65535/alice" TAIL, "chat.lab", 65535, "alice", NULL },
  { "webchat://192.0.2.1:5000/A.b_c-9" TAIL, "192.0.2.1", 5000, "A.b_c-9", NULL },
  { "webchat://[2001:db8::1]:5000/alice" TAIL, "2001:db8::1", 5000, "alice", NULL },
  { "webchat://[::1]/alice" TAIL, "::1", 5001, "alice", NULL },
  { "webchat://xn--mnchen-3ya.example/a" TAIL, "xn--mnchen-3ya.example", 5001, "a", NULL },
  { "webchat://localhost/a" TAIL, "localhost", 5001, "a", NULL },
  { "WebChat://Chat.Lab/Alice" TAIL, "Chat.Lab", 5001, "Alice", "webchat://Chat.Lab/Alice" TAIL },
  { "webchat://h/a?sha256=" SHA "&token=AGjc-_09", "h", 5001, "a", "webchat://h/a" TAIL },
  { "webchat://h/a?new=thing&token=AGjc-_09&sha256=" SHA "&later=", "h", 5001, "a", "webchat://h/a" TAIL },
  { "webchat://h/a?token=AGjc-_09&sha256=0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789ABCDEF", "h", 5001, "a", "webchat://h/a" TAIL },
  { " \t\r\nwebchat://h/a" TAIL "\r\n", "h", 5001, "a", "webchat://h/a" TAIL },
};

static void
test_good (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (Invitation) invitation = invitation_parse (good[i].link, &error);
      g_autoptr (Invitation) once_more = NULL;
      g_autofree char *link = NULL;

      g_test_message ("%s", good[i].link);
      g_assert_no_error (error);
      g_assert_cmpstr (invitation->host, ==, good[i].host);
      g_assert_cmpuint (invitation->port, ==, good[i].port);
      g_assert_cmpstr (invitation->client_id, ==, good[i].id);
      g_assert_cmpstr (invitation->token, ==, "AGjc-_09");
      g_assert_cmpstr (invitation->fingerprint, ==, SHA);
      link = invitation_format (invitation);
      g_assert_cmpstr (link, ==, good[i].again != NULL ? good[i].again : good[i].link);
      once_more = invitation_parse (link, &error);
      g_assert_no_error (error);
    }
}

static const char *const no_links[] = {
  "", " ", "alice", "webchat:", "webchat:/", "webchat:alice", "http://h/a" TAIL, "https://h/a" TAIL, "file:///etc/passwd", "webchats://h/a" TAIL, "xwebchat://h/a" TAIL,
  "%s%s%s%n", "chat.lab:5001",
};

static const char *const damaged[] = {
  "webchat://",
  "webchat:///a" TAIL,
  "webchat://h" TAIL,
  "webchat://h/" TAIL,
  "webchat://h",
  "webchat://h/a",
  "webchat://h/a?",
  "webchat://h/a?token=AGjc-_09",
  "webchat://h/a?sha256=" SHA,
  "webchat://h/a?token=&sha256=" SHA,
  "webchat://h/a?token&sha256=" SHA,
  "webchat://h/a?token=AGjc-_09&sha256=",
  /* hosts */
  "webchat://%68/a" TAIL,
  "webchat://h%00x/a" TAIL,
  "webchat://h h/a" TAIL,
  "webchat://-h/a" TAIL,
  "webchat://.h/a" TAIL,
  "webchat://user@h/a" TAIL,
  "webchat://user:pass@h/a" TAIL,
  "webchat://h\\evil/a" TAIL,
  "webchat://h;evil/a" TAIL,
  "webchat://$(id)/a" TAIL,
  "webchat://h\n/a" TAIL,
  "webchat://m\xc3\xbcnchen.example/a" TAIL,
  "webchat://[::1/a" TAIL,
  "webchat://::1/a" TAIL,
  "webchat://[]/a" TAIL,
  "webchat://[h]/a" TAIL,
  "webchat://[::1%25eth0]/a" TAIL,
  "webchat://[::1]x/a" TAIL,
  "webchat://[127.0.0.1]/a" TAIL,
  /* ports */
  "webchat://h:/a" TAIL,
  "webchat://h:0/a" TAIL,
  "webchat://h:65536/a" TAIL,
  "webchat://h:99999999999999999999/a" TAIL,
  "webchat://h:-1/a" TAIL,
  "webchat://h:+1/a" TAIL,
  "webchat://h:1 /a" TAIL,
  "webchat://h:0x10/a" TAIL,
  "webchat://h:5001:5002/a" TAIL,
  /* IDs */
  "webchat://h/../a" TAIL,
  "webchat://h/.." TAIL,
  "webchat://h/a/b" TAIL,
  "webchat://h//a" TAIL,
  "webchat://h/a%2Fb" TAIL,
  "webchat://h/%61lice" TAIL,
  "webchat://h/a%0ab" TAIL,
  "webchat://h/%n%s" TAIL,
  "webchat://h/a b" TAIL,
  "webchat://h/a;b" TAIL,
  "webchat://h/#room" TAIL,
  "webchat://h/-a" TAIL,
  "webchat://h/\xd0\xb0lice" TAIL, /* a Cyrillic a */
  "webchat://h/0123456789012345678901234567890123456789012345678901234567890123x" TAIL,
  /* tokens and fingerprints */
  "webchat://h/a?token=AG%2Djc&sha256=" SHA,
  "webchat://h/a?token=AG+jc&sha256=" SHA,
  "webchat://h/a?token=AG/jc&sha256=" SHA,
  "webchat://h/a?token=AGjc=&sha256=" SHA,
  "webchat://h/a?token=A G&sha256=" SHA,
  "webchat://h/a?token=A\nINVITATION&sha256=" SHA,
  "webchat://h/a?token=AGjc&token=AGjc&sha256=" SHA,
  "webchat://h/a?token=AGjc&sha256=" SHA "&sha256=" SHA,
  "webchat://h/a?token=AGjc&sha256=" SHA "0",
  "webchat://h/a?token=AGjc&sha256=123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  "webchat://h/a?token=AGjc&sha256=g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  "webchat://h/a?token=AGjc&sha256=0x23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  "webchat://h/a" TAIL "#fragment",
  "webchat://h/a" TAIL "&",
  "webchat://h/a?&token=AGjc&sha256=" SHA,
  "webchat://h/a?Token=AGjc&sha256=" SHA,
  "webchat://h/a" TAIL " and more",
};

static void
assert_bad (const char *link, InvitationError code)
{
  g_autoptr (GError) error = NULL;

  g_test_message ("%s", link);
  g_assert_null (invitation_parse (link, &error));
  g_assert_error (error, INVITATION_ERROR, (int) code);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strstr (error->message, SHA));
}

static void
test_bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (no_links); i++)
    assert_bad (no_links[i], INVITATION_ERROR_NO_LINK);
  for (guint i = 0; i < G_N_ELEMENTS (damaged); i++)
    assert_bad (damaged[i], INVITATION_ERROR_DAMAGED);
}

/* Every beginning of a link is none, and neither is one with a byte missing, unless that is one of a name. */
static void
test_cut_off (void)
{
  g_autofree char *link = g_strdup (good[1].link);

  for (gsize len = strlen (link) - 1; len > 0; len--)
    {
      link[len] = '\0';
      g_assert_null (invitation_parse (link, NULL));
    }
}

static void
test_too_long (void)
{
  g_autofree char *host = g_strnfill (254, 'h'), *token = g_strnfill (INVITATION_TOKEN_MAX + 1, 't'), *junk = g_strnfill (1000000, 'x');
  g_autofree char *long_host = g_strconcat ("webchat://", host, "/a" TAIL, NULL);
  g_autofree char *longest_host = g_strconcat ("webchat://", host + 1, "/a" TAIL, NULL);
  g_autofree char *long_token = g_strconcat ("webchat://h/a?sha256=" SHA "&token=", token, NULL);
  g_autofree char *longest_token = g_strconcat ("webchat://h/a?sha256=" SHA "&token=", token + 1, NULL);
  g_autofree char *long_link = g_strconcat ("webchat://h/a" TAIL "&more=", junk, NULL);
  g_autoptr (Invitation) one = invitation_parse (longest_host, NULL);
  g_autoptr (Invitation) two = invitation_parse (longest_token, NULL);

  g_assert_nonnull (one);
  g_assert_nonnull (two);
  assert_bad (long_host, INVITATION_ERROR_DAMAGED);
  assert_bad (long_token, INVITATION_ERROR_DAMAGED);
  g_assert_null (invitation_parse (long_link, NULL));
  g_assert_null (invitation_parse (junk, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/invitation/good", test_good);
  g_test_add_func ("/invitation/bad", test_bad);
  g_test_add_func ("/invitation/cut-off", test_cut_off);
  g_test_add_func ("/invitation/too-long", test_too_long);

  return g_test_run ();
}
