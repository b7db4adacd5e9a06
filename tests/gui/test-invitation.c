/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invitations: from the link to the chats, with and without a keyring, and all that can be wrong with one. */
#include <adwaita.h>

#include "client/certificates.h"
#include "client/failing-secrets.h"
#include "client/script-server.h"
#include "gui-util.h"
#include "shared/invitation.h"
#include "shared/scram.h"
#include "ui/invitation-dialog.h"
#include "ui/login-page.h"
#include "ui/main-page.h"
#include "ui/pages.h"
#include "ui/window.h"

#define OTHER "3f2a91bc77de04518c6ea0f21b9d44703f2a91bc77de04518c6ea0f21b9d4470"
#define GOOD "webchat://chat.lab/alice?token=abc&sha256=" OTHER

static GtkApplication *application;

/* A keyring that is there when it is asked, and takes nothing. */
#define TYPE_FULL_SECRETS (full_secrets_get_type ())
G_DECLARE_FINAL_TYPE (FullSecrets, full_secrets, FULL, SECRETS, WcSecrets)

struct _FullSecrets
{
  WcSecrets parent_instance;

  gboolean slow; /* it answers no store before the test says so */
  GTask *held;
};

G_DEFINE_FINAL_TYPE (FullSecrets, full_secrets, WC_TYPE_SECRETS)

static void
full_secrets_lookup_async (WcSecrets *self, const char *server, const char *client_id, GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_return_pointer (task, NULL, NULL);
}

static char *
full_secrets_lookup_finish (WcSecrets *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
full_secrets_store_async (WcSecrets *self, const char *server, const char *client_id, const char *password, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  if (FULL_SECRETS (self)->slow && password)
    g_set_object (&FULL_SECRETS (self)->held, task);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "full");
}

static gboolean
full_secrets_store_finish (WcSecrets *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
full_secrets_class_init (FullSecretsClass *klass)
{
  WcSecretsClass *secrets_class = WC_SECRETS_CLASS (klass);

  secrets_class->lookup_async = full_secrets_lookup_async;
  secrets_class->lookup_finish = full_secrets_lookup_finish;
  secrets_class->store_async = full_secrets_store_async;
  secrets_class->store_finish = full_secrets_store_finish;
}

static void
full_secrets_init (FullSecrets *self)
{
}

typedef struct
{
  ScriptServer *server;
  WcClient *client;
  WcSecrets *secrets; /* NULL: there is no keyring */
  UiSettings *settings;
  UiWindow *window;
  GtkWidget *dialog; /* NULL once it is closed */
  GTlsCertificate *certificate;
  char *fingerprint;
  char *link;
} Fixture;

typedef WcSecrets *(*MakeSecrets) (void);

static WcSecrets *
make_full (void)
{
  return g_object_new (TYPE_FULL_SECRETS, NULL);
}

static WcSecrets *
make_none (void)
{
  return NULL;
}

static gboolean
is_drawn (gpointer window)
{
  return gtk_widget_get_mapped (window) && gdk_frame_clock_get_frame_counter (gtk_widget_get_frame_clock (window)) >= 1;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->server = script_server_new ();
  f->certificate = certificate_new (&(CertificateSpec) { .name = "localhost", .days_from = -1, .days_to = 1 });
  f->fingerprint = certificate_fingerprint (f->certificate);
  script_set_certificate (f->server, f->certificate);
  f->link = g_strdup_printf ("webchat://127.0.0.1:%u/alice?token=abc&sha256=%s", script_port (f->server), f->fingerprint);
  f->client = test_client_new ();
  f->client->timing.login = 60000; /* a handshake takes its time under a sanitizer */
  f->secrets = ((MakeSecrets) data) ();
  wc_client_set_secrets (f->client, f->secrets);
  f->settings = ui_settings_new (NULL);
  g_object_set (f->settings, "window-width", 360, NULL);
  f->window = ui_window_new (application, f->client, f->settings, NULL);
  gtk_window_present (GTK_WINDOW (f->window));
  gui_wait_until (is_drawn, f->window);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  GtkWidget *main_page = gui_find (GTK_WIDGET (f->window), UI_TYPE_MAIN_PAGE);

  if (main_page)
    ui_main_page_reset (UI_MAIN_PAGE (main_page));
  g_object_add_weak_pointer (G_OBJECT (f->window), (gpointer *) &f->window);
  gui_close_window (GTK_WINDOW (f->window));
  wait_for (f->window == NULL && f->dialog == NULL);
  test_client_finish (f->client);
  g_assert_finalize_object (f->settings);
  g_clear_object (&f->secrets);
  script_server_free (f->server);
  g_object_unref (f->certificate);
  g_free (f->fingerprint);
  g_free (f->link);
}

static GtkWidget *
find_dialog (void)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWidget) window = g_list_model_get_item (windows, i);

      if (UI_IS_INVITATION_DIALOG (window))
        return window;
    }
  return NULL;
}

static void
open_dialog (Fixture *f, const char *link)
{
  ui_window_open_invitation (f->window, link);
  g_set_weak_pointer (&f->dialog, find_dialog ());
  g_assert_nonnull (f->dialog);
  gui_wait_until (is_drawn, f->dialog);
  gui_wait_frames (f->dialog, 2);
}

static GtkWidget *
part (Fixture *f, const char *id)
{
  GtkWidget *widget = gui_find_id (f->dialog, id);

  g_assert_nonnull (widget);
  return widget;
}

static const char *
page_of (Fixture *f)
{
  return ui_pages_get_page (UI_PAGES (part (f, "pages")));
}

static char *
note (Fixture *f, const char *id)
{
  char *text;

  g_object_get (part (f, id), "text", &text, NULL);
  g_assert_cmpint (gtk_widget_get_mapped (part (f, id)), ==, text != NULL);
  return text;
}

static void
assert_note (Fixture *f, const char *id, const char *pattern)
{
  g_autofree char *text = note (f, id);

  if (!text || !g_pattern_match_simple (pattern, text))
    g_error ("“%s” is not like “%s”", text, pattern);
}

static void
assert_no_note (Fixture *f, const char *id)
{
  g_autofree char *text = note (f, id);

  g_assert_cmpstr (text, ==, NULL);
}

static gboolean
is_busy (Fixture *f)
{
  gboolean busy;

  g_object_get (f->dialog, "busy", &busy, NULL);
  return busy;
}

static gboolean
has_focus (Fixture *f, const char *id)
{
  GtkWidget *focus = gtk_root_get_focus (GTK_ROOT (f->dialog));
  GtkWidget *widget = part (f, id);

  return focus && (focus == widget || gtk_widget_is_ancestor (focus, widget));
}

static void
join (Fixture *f)
{
  g_assert_true (gtk_widget_get_sensitive (part (f, "join_button")));
  g_signal_emit_by_name (part (f, "join_button"), "clicked");
}

/* Up to the INVITATION, which is this one. Its verifier is that of the password that will be in the keyring. */
static void
expect_invitation (Fixture *f)
{
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256 SCRAM-SHA-256-PLUS\n");
  script_expect (f->server, "INVITATION abc SCRAM-SHA-256$*");
}

static void
assert_joined (Fixture *f)
{
  wait_for (wc_client_get_state (f->client) == WC_STATE_ONLINE);
  wait_for (gui_find (GTK_WIDGET (f->window), UI_TYPE_MAIN_PAGE));
  g_assert_true (gtk_widget_get_mapped (gui_find (GTK_WIDGET (f->window), UI_TYPE_MAIN_PAGE)));
  g_assert_cmpstr (wc_client_get_client_id (f->client), ==, "alice");
  g_assert_cmpstr (wc_pins_lookup (wc_client_get_pins (f->client), "127.0.0.1", script_port (f->server)), ==, f->fingerprint);
  wait_for (ui_settings_get_log_in_at_start (f->settings));
  g_assert_cmpstr (ui_settings_get_server (f->settings), ==, script_address (f->server));
}

typedef struct
{
  gboolean done;
  char *password;
} Lookup;

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Lookup *lookup = user_data;

  lookup->password = wc_secrets_lookup_finish (WC_SECRETS (source), result, NULL);
  lookup->done = TRUE;
}

/* What the keyring has for alice; transfer full. */
static char *
look_up (Fixture *f)
{
  g_autofree char *server = g_strdup_printf ("127.0.0.1:%u", script_port (f->server));
  Lookup lookup = { 0 };

  wc_secrets_lookup_async (f->secrets, server, "alice", NULL, looked_up_cb, &lookup);
  wait_for (lookup.done);
  return lookup.password;
}

/* The one click. */
static void
test_join (Fixture *f, gconstpointer data)
{
  g_autofree char *password = NULL;
  g_autofree char *heading = g_strdup ("Join 127.0.0.1 as alice?");

  open_dialog (f, f->link);
  g_assert_cmpstr (page_of (f), ==, "page_confirm");
  g_assert_nonnull (gui_find_label (f->dialog, heading));
  g_assert_nonnull (gui_find_label (f->dialog, script_address (f->server)));
  g_assert_nonnull (gui_find_label (f->dialog, "alice"));
  g_assert_false (gtk_widget_get_mapped (part (f, "password_row")));
  g_assert_false (gtk_widget_get_mapped (part (f, "other_login")));
  g_assert_true (has_focus (f, "join_button"));
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (part (f, "join_button")), GTK_ACCESSIBLE_PROPERTY_LABEL, "Join");
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (part (f, "own_switch")), GTK_ACCESSIBLE_PROPERTY_LABEL, "Choose my own password");
  gui_assert_named (f->dialog);

  join (f);
  g_assert_true (is_busy (f));
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (part (f, "join_button")), GTK_ACCESSIBLE_PROPERTY_LABEL, "Joining…");
  g_assert_false (gtk_widget_get_sensitive (part (f, "join_button")));
  expect_invitation (f);
  script_say (f->server, "CONNECTED 2\n");
  wait_for (f->dialog == NULL);
  assert_joined (f);
  password = look_up (f);
  g_assert_nonnull (password);
  g_assert_cmpuint (strlen (password), >=, 20);
}

static void
test_own_password (Fixture *f, gconstpointer data)
{
  g_autofree char *password = NULL;

  open_dialog (f, f->link);
  gtk_switch_set_active (GTK_SWITCH (part (f, "own_switch")), TRUE);
  gui_wait_frames (f->dialog, 2);
  g_assert_true (gtk_widget_get_mapped (part (f, "password_row")));
  g_assert_true (has_focus (f, "password_row"));
  gtk_editable_set_text (GTK_EDITABLE (part (f, "password_row")), "battery staple");
  g_signal_emit_by_name (part (f, "password_row"), "entry-activated");
  expect_invitation (f);
  script_say (f->server, "CONNECTED 2\n");
  wait_for (f->dialog == NULL);
  assert_joined (f);
  password = look_up (f);
  g_assert_cmpstr (password, ==, "battery staple");
}

/* Where nothing keeps it, nothing is made up. */
static void
test_no_keyring (Fixture *f, gconstpointer data)
{
  open_dialog (f, f->link);
  wait_for (gtk_widget_get_sensitive (part (f, "join_button")));
  gui_wait_frames (f->dialog, 2);
  g_assert_true (gtk_widget_get_mapped (part (f, "password_row")));
  g_assert_true (gtk_widget_get_mapped (part (f, "keyring_note")));
  g_assert_false (gtk_widget_get_mapped (part (f, "own_switch")));
  g_assert_true (has_focus (f, "password_row"));

  join (f);
  g_assert_false (is_busy (f));
  assert_note (f, "password_error", "Choose a password of at least 8 characters.");
  gtk_test_accessible_assert_state (GTK_ACCESSIBLE (part (f, "password_row")), GTK_ACCESSIBLE_STATE_INVALID, GTK_ACCESSIBLE_INVALID_TRUE);
  gtk_editable_set_text (GTK_EDITABLE (part (f, "password_row")), "seven s");
  assert_no_note (f, "password_error");
  join (f);
  assert_note (f, "password_error", "Choose a password of at least 8 characters.");
  g_assert_true (has_focus (f, "password_row"));

  gtk_editable_set_text (GTK_EDITABLE (part (f, "password_row")), "battery staple");
  join (f);
  expect_invitation (f);
  script_say (f->server, "CONNECTED 2\n");
  wait_for (f->dialog == NULL);
  assert_joined (f);
}

/* The keyring took it back: the password must not be lost with the dialog. */
static void
test_keyring_full (Fixture *f, gconstpointer data)
{
  const char *shown;

  open_dialog (f, f->link);
  wait_for (gtk_widget_get_sensitive (part (f, "join_button")));
  join (f);
  expect_invitation (f);
  script_say (f->server, "CONNECTED 2\n");
  wait_for (g_str_equal (page_of (f), "page_password"));
  gui_wait_frames (f->dialog, 2);
  assert_joined (f);
  shown = gtk_label_get_text (GTK_LABEL (part (f, "kept_password")));
  g_assert_cmpuint (strlen (shown), >=, 20);
  g_assert_true (gtk_label_get_selectable (GTK_LABEL (part (f, "kept_password"))));
  g_assert_null (gui_find_button (f->dialog, "Cancel"));
  gui_assert_named (f->dialog);
  g_assert_true (gtk_widget_activate_action (gui_find_button (f->dialog, "Done"), "window.close", NULL));
  wait_for (f->dialog == NULL);
}

/* It waits for somebody to unlock it: until it has answered, the dialog has the only password. */
static void
test_keyring_slow (Fixture *f, gconstpointer data)
{
  FullSecrets *secrets = FULL_SECRETS (f->secrets);
  g_autoptr (GTask) held = NULL;

  secrets->slow = TRUE;
  open_dialog (f, f->link);
  wait_for (gtk_widget_get_sensitive (part (f, "join_button")));
  join (f);
  expect_invitation (f);
  script_say (f->server, "CONNECTED 2\n");
  assert_joined (f);
  g_assert_true (is_busy (f));
  gtk_window_close (GTK_WINDOW (f->dialog));
  gui_wait_frames (f->dialog, 2);
  ui_window_open_invitation (f->window, GOOD);
  g_assert_null (gui_find_label (f->dialog, "Join chat.lab as alice?"));

  held = g_steal_pointer (&secrets->held);
  g_task_return_new_error (held, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "still locked");
  wait_for (g_str_equal (page_of (f), "page_password"));
  ui_window_open_invitation (f->window, GOOD);
  g_assert_cmpstr (page_of (f), ==, "page_password");
  g_assert_cmpuint (strlen (gtk_label_get_text (GTK_LABEL (part (f, "kept_password")))), >=, 20);
  gtk_window_close (GTK_WINDOW (f->dialog));
  wait_for (f->dialog == NULL);
}

static void
test_bad_links (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *link;
    const char *pattern;
  } rows[] = {
    { "", "This is not an invitation.*" },
    { "http://chat.lab/", "This is not an invitation.*" },
    { "webchat://", "This invitation is not complete*" },
    { "webchat://chat.lab/alice?token=abc", "This invitation is not complete*" },
    { "webchat://chat.lab/alice?token=abc&sha256=3f2a", "This invitation is not complete*" },
    { "webchat://chat.lab:0/al ice?token=abc&sha256=" OTHER, "This invitation is not complete*" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      open_dialog (f, rows[i].link);
      g_assert_cmpstr (page_of (f), ==, "page_link");
      assert_note (f, "link_error", rows[i].pattern);
      g_assert_true (gtk_widget_has_css_class (part (f, "link_row"), "error"));
    }

  /* Typed, it is taken, after the wrong one. */
  g_assert_true (has_focus (f, "link_row"));
  gui_assert_named (f->dialog);
  gtk_editable_set_text (GTK_EDITABLE (part (f, "link_row")), "nonsense");
  assert_no_note (f, "link_error");
  g_signal_emit_by_name (part (f, "link_row"), "entry-activated");
  assert_note (f, "link_error", "This is not an invitation.*");
  gtk_editable_set_text (GTK_EDITABLE (part (f, "link_row")), "  " GOOD "\n");
  g_signal_emit_by_name (part (f, "link_row"), "entry-activated");
  g_assert_cmpstr (page_of (f), ==, "page_confirm");
  g_assert_nonnull (gui_find_label (f->dialog, "Join chat.lab as alice?"));
}

/* The button of the login page: the link is in the clipboard, as it was copied from a message. */
static void
test_clipboard (Fixture *f, gconstpointer data)
{
  GdkClipboard *clipboard = gtk_widget_get_clipboard (GTK_WIDGET (f->window));

  gdk_clipboard_set_text (clipboard, "\n" GOOD "\n");
  g_signal_emit_by_name (gui_find_button (GTK_WIDGET (f->window), "I Have an _Invitation…"), "clicked");
  g_set_weak_pointer (&f->dialog, find_dialog ());
  g_assert_nonnull (f->dialog);
  wait_for (g_str_equal (gtk_editable_get_text (GTK_EDITABLE (part (f, "link_row"))), GOOD));
  g_signal_emit_by_name (part (f, "continue_button"), "clicked");
  g_assert_cmpstr (page_of (f), ==, "page_confirm");

  /* Anything else in it is nobody's business. */
  gtk_window_close (GTK_WINDOW (f->dialog));
  wait_for (f->dialog == NULL);
  gdk_clipboard_set_text (clipboard, "a secret");
  open_dialog (f, NULL);
  gui_wait_frames (f->dialog, 5);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (part (f, "link_row"))), ==, "");
  assert_no_note (f, "link_error");
}

/* It was used. That is said here, and not behind it on the login page too; then another one comes. */
static void
test_refused (Fixture *f, gconstpointer data)
{
  GtkWidget *page = gui_find (GTK_WIDGET (f->window), UI_TYPE_LOGIN_PAGE);
  g_autofree char *text = NULL;

  open_dialog (f, f->link);
  wait_for (gtk_widget_get_sensitive (part (f, "join_button")));
  join (f);
  expect_invitation (f);
  script_say (f->server, "ERROR not-allowed used already\nDECLINED\n");

  /* It may have been this very password. */
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256 SCRAM-SHA-256-PLUS\n");
  script_expect (f->server, "AUTH *");
  script_say (f->server, "DECLINED\n");
  wait_for (!is_busy (f));
  assert_note (f, "join_error", "This invitation is not valid any more*");
  g_assert_true (has_focus (f, "join_button"));
  g_object_get (gui_find_id (page, "server_error"), "text", &text, NULL);
  g_assert_null (text);
  g_assert_false (ui_settings_get_log_in_at_start (f->settings));

  open_dialog (f, GOOD);
  assert_no_note (f, "join_error");
  g_assert_nonnull (gui_find_label (f->dialog, "Join chat.lab as alice?"));
}

static void
test_nobody_answers (Fixture *f, gconstpointer data)
{
  script_stop_listening (f->server);
  open_dialog (f, f->link);
  wait_for (gtk_widget_get_sensitive (part (f, "join_button")));
  join (f);
  wait_for (!is_busy (f));
  assert_note (f, "join_error", "Nothing answers at*");
}

/* Whoever answers is not who the invitation is from, and learns nothing. */
static void
test_other_certificate (Fixture *f, gconstpointer data)
{
  g_autofree char *link = g_strdup_printf ("webchat://127.0.0.1:%u/alice?token=abc&sha256=" OTHER, script_port (f->server));

  open_dialog (f, link);
  wait_for (gtk_widget_get_sensitive (part (f, "join_button")));
  join (f);
  g_assert_false (script_try_accept (f->server));
  wait_for (!is_busy (f));
  assert_note (f, "join_error", "What answers at * is not the server that the invitation is for*");
  g_assert_null (wc_pins_lookup (wc_client_get_pins (f->client), "127.0.0.1", script_port (f->server)));
}

/* An invitation is no way around what one knows of a server. */
static void
test_pinned_otherwise (Fixture *f, gconstpointer data)
{
  wc_pins_set (wc_client_get_pins (f->client), "127.0.0.1", script_port (f->server), OTHER);
  open_dialog (f, f->link);
  wait_for (gtk_widget_get_sensitive (part (f, "join_button")));
  join (f);
  g_assert_false (script_try_accept (f->server));
  wait_for (!is_busy (f));
  assert_note (f, "join_error", "*shows another certificate than the one that you trust*Preferences, Trusted Servers*");
}

/* Somebody is logged in: it says so before, and does it then. */
static void
test_logged_in (Fixture *f, gconstpointer data)
{
  g_autoptr (ScriptServer) other = script_server_new ();
  g_autofree char *text = g_strdup_printf ("You are logged in as bob at %s. Joining logs you out there.", script_address (other));

  ui_window_log_in (f->window, "bob", script_address (other), TRUE);
  script_accept (other);
  script_expect (other, "HELLO bob 2");
  script_say (other, "CONNECTED 2\n");
  wait_for (wc_client_get_state (f->client) == WC_STATE_ONLINE);

  open_dialog (f, f->link);
  wait_for (gtk_widget_get_sensitive (part (f, "join_button")));
  g_assert_nonnull (gui_find_label (f->dialog, text));
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (part (f, "join_button")), GTK_ACCESSIBLE_PROPERTY_LABEL, "Log Out and Join");
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_ONLINE);

  join (f);
  expect_invitation (f);
  script_say (f->server, "CONNECTED 2\n");
  wait_for (f->dialog == NULL);
  assert_joined (f);
}

/* A window closed in the middle of it ends it. */
static void
test_closed (Fixture *f, gconstpointer data)
{
  open_dialog (f, f->link);
  wait_for (gtk_widget_get_sensitive (part (f, "join_button")));
  join (f);
  expect_invitation (f);

  /* Another link does not come in between. */
  ui_window_open_invitation (f->window, GOOD);
  g_assert_null (gui_find_label (f->dialog, "Join chat.lab as alice?"));

  gtk_window_close (GTK_WINDOW (f->dialog));
  wait_for (f->dialog == NULL);
  wait_for (wc_client_get_state (f->client) == WC_STATE_OFFLINE);
  script_expect_end (f->server);
}

int
main (int argc, char *argv[])
{
  int status;

  if (!gui_test_init (&argc, &argv))
    return 0;
  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_print ("1..0 # SKIP no TLS\n");
      return 0;
    }

  application = GTK_APPLICATION (adw_application_new ("im.webchat.Test", G_APPLICATION_NON_UNIQUE));
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));

#define ADD(name, secrets, function) g_test_add ("/invitation/" name, Fixture, secrets, set_up, function, tear_down)
  ADD ("join", wc_secrets_new_memory, test_join);
  ADD ("own-password", wc_secrets_new_memory, test_own_password);
  ADD ("no-keyring", make_none, test_no_keyring);
  ADD ("keyring-fails", failing_secrets_new, test_no_keyring);
  ADD ("keyring-full", make_full, test_keyring_full);
  ADD ("keyring-slow", make_full, test_keyring_slow);
  ADD ("bad-links", wc_secrets_new_memory, test_bad_links);
  ADD ("clipboard", wc_secrets_new_memory, test_clipboard);
  ADD ("refused", wc_secrets_new_memory, test_refused);
  ADD ("nobody-answers", wc_secrets_new_memory, test_nobody_answers);
  ADD ("other-certificate", wc_secrets_new_memory, test_other_certificate);
  ADD ("pinned-otherwise", wc_secrets_new_memory, test_pinned_otherwise);
  ADD ("logged-in", wc_secrets_new_memory, test_logged_in);
  ADD ("closed", wc_secrets_new_memory, test_closed);

  status = g_test_run ();
  g_object_unref (application);
  return status;
}
