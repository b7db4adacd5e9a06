/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords and certificates on the login page: when they are asked for, and what is said of a wrong one. */
#include <adwaita.h>

#include "client/certificates.h"
#include "client/failing-secrets.h"
#include "client/script-server.h"
#include "gui-util.h"
#include "shared/scram.h"
#include "ui/error-note.h"
#include "ui/fingerprint.h"
#include "ui/login-page.h"
#include "ui/main-page.h"
#include "ui/trust-dialog.h"
#include "ui/window.h"

#define PASSWORD "correct horse"
#define SOME "3f2a91bc77de04518c6ea0f21b9d44703f2a91bc77de04518c6ea0f21b9d4470"

static GtkApplication *application;
static char *verifier; /* of PASSWORD; it takes long to make */

typedef struct
{
  ScriptServer *server;
  WcClient *client;
  WcSecrets *secrets;
  UiSettings *settings;
  UiWindow *window;
  GtkWidget *page;
  GTlsCertificate *certificate;
  char *fingerprint;
} Fixture;

static gboolean
is_drawn (gpointer window)
{
  return gtk_widget_get_mapped (window) && gdk_frame_clock_get_frame_counter (gtk_widget_get_frame_clock (window)) >= 1;
}

static void
open_window (Fixture *f)
{
  f->settings = ui_settings_new (NULL);
  g_object_set (f->settings, "window-width", 360, NULL);
  f->window = ui_window_new (application, f->client, f->settings, NULL);
  gtk_window_present (GTK_WINDOW (f->window));
  gui_wait_until (is_drawn, f->window);
  f->page = gui_find (GTK_WIDGET (f->window), UI_TYPE_LOGIN_PAGE);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->server = script_server_new ();
  f->client = test_client_new ();
  f->client->timing.login = 60000; /* a handshake takes its time under a sanitizer */
  f->secrets = wc_secrets_new_memory ();
  wc_client_set_secrets (f->client, f->secrets);
  open_window (f);
}

static void
set_up_without_keyring (Fixture *f, gconstpointer data)
{
  f->server = script_server_new ();
  f->client = test_client_new ();
  f->client->timing.login = 60000; /* a handshake takes its time under a sanitizer */
  f->secrets = failing_secrets_new ();
  wc_client_set_secrets (f->client, f->secrets);
  open_window (f);
}

static void
change_certificate (Fixture *f)
{
  g_clear_object (&f->certificate);
  g_free (f->fingerprint);
  f->certificate = certificate_new (&(CertificateSpec) { .name = "localhost", .days_from = -1, .days_to = 1 });
  f->fingerprint = certificate_fingerprint (f->certificate);
  script_set_certificate (f->server, f->certificate);
}

static void
set_up_tls (Fixture *f, gconstpointer data)
{
  set_up (f, data);
  change_certificate (f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  GtkWidget *main_page = gui_find (GTK_WIDGET (f->window), UI_TYPE_MAIN_PAGE);

  if (main_page)
    ui_main_page_reset (UI_MAIN_PAGE (main_page));
  g_object_add_weak_pointer (G_OBJECT (f->window), (gpointer *) &f->window);
  gui_close_window (GTK_WINDOW (f->window));
  wait_for (f->window == NULL);
  test_client_finish (f->client);
  g_assert_finalize_object (f->settings);
  g_object_unref (f->secrets);
  script_server_free (f->server);
  g_clear_object (&f->certificate);
  g_free (f->fingerprint);
}

static GtkWidget *
part (Fixture *f, const char *id)
{
  GtkWidget *widget = gui_find_id (f->page, id);

  g_assert_nonnull (widget);
  return widget;
}

static void
type (Fixture *f, const char *id, const char *text)
{
  gtk_editable_set_text (GTK_EDITABLE (part (f, id)), text);
}

static gboolean
is_busy (Fixture *f)
{
  gboolean busy;

  g_object_get (f->page, "busy", &busy, NULL);
  return busy;
}

static gboolean
has_focus (Fixture *f, const char *id)
{
  GtkWidget *focus = gtk_root_get_focus (GTK_ROOT (f->window));

  return focus && gtk_widget_is_ancestor (focus, part (f, id));
}

static void
assert_note (Fixture *f, const char *id, const char *pattern)
{
  g_autofree char *text = NULL;

  g_object_get (part (f, id), "text", &text, NULL);
  if (pattern && (!text || !g_pattern_match_simple (pattern, text)))
    g_error ("“%s” is not like “%s”", text, pattern);
  if (!pattern)
    g_assert_cmpstr (text, ==, NULL);
  g_assert_cmpint (gtk_widget_get_mapped (part (f, id)), ==, pattern != NULL);
}

/* Enter in a field. */
static void
enter (Fixture *f, const char *id)
{
  g_signal_emit_by_name (part (f, id), "entry-activated");
}

static void
log_in (Fixture *f)
{
  ui_login_page_fill (UI_LOGIN_PAGE (f->page), "alice", script_address (f->server));
  enter (f, "id_row");
  g_assert_true (is_busy (f));
}

/* Up to the field in which the keyboard is. */
static void
be_asked (Fixture *f)
{
  log_in (f);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256\n");
  wait_for (!is_busy (f));
}

static void
assert_logged_in (Fixture *f)
{
  wait_for (!is_busy (f));
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_ONLINE);
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

static void
assert_kept (Fixture *f, const char *password)
{
  g_autofree char *server = g_strdup_printf ("127.0.0.1:%u", script_port (f->server));
  Lookup lookup = { 0 };

  wc_secrets_lookup_async (f->secrets, server, "alice", NULL, looked_up_cb, &lookup);
  wait_for (lookup.done);
  g_assert_cmpstr (lookup.password, ==, password);
  wc_secrets_wipe (lookup.password);
}

/* It is asked for, typed, wrong, typed again, right, kept, and gone from the window. */
static void
test_password (Fixture *f, gconstpointer data)
{
  g_assert_false (gtk_widget_get_mapped (part (f, "password_row")));
  be_asked (f);
  g_assert_true (gtk_widget_get_mapped (part (f, "password_row")));
  g_assert_true (gtk_widget_get_mapped (part (f, "remember_switch")));
  g_assert_true (has_focus (f, "password_row"));
  g_assert_nonnull (gui_find_label (f->page, "This server asks for a password."));
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (part (f, "password_row")), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, "This server asks for a password.");
  g_assert_false (gtk_widget_has_css_class (part (f, "password_row"), "error"));
  assert_note (f, "password_error", NULL);
  assert_note (f, "id_error", NULL);
  assert_note (f, "server_error", NULL);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (part (f, "id_row"))), ==, "alice");
  gui_assert_named (f->page);

  type (f, "password_row", "wrong horse");
  g_assert_null (gui_find_label (f->page, "This server asks for a password."));
  enter (f, "password_row");
  script_accept (f->server);
  script_prove (f->server, verifier);
  wait_for (!is_busy (f));
  assert_note (f, "password_error", "This is not the password of this Client-ID.*");
  g_assert_true (gtk_widget_has_css_class (part (f, "password_row"), "error"));
  gtk_test_accessible_assert_state (GTK_ACCESSIBLE (part (f, "password_row")), GTK_ACCESSIBLE_STATE_INVALID, GTK_ACCESSIBLE_INVALID_TRUE);
  g_assert_true (has_focus (f, "password_row"));
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (part (f, "password_row"))), ==, "wrong horse");
  assert_kept (f, NULL);

  type (f, "password_row", PASSWORD);
  assert_note (f, "password_error", NULL);
  enter (f, "password_row");
  script_accept (f->server);
  script_prove (f->server, verifier);
  assert_logged_in (f);
  assert_kept (f, PASSWORD);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (part (f, "password_row"))), ==, "");

  /* Out and in again without a word. */
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (f->window), "win.log-out", NULL));
  wait_for (gtk_widget_get_mapped (f->page));
  g_assert_false (gtk_widget_get_mapped (part (f, "password_row")));
  log_in (f);
  script_accept (f->server);
  script_prove (f->server, verifier);
  assert_logged_in (f);

  /* Until it is to be forgotten. */
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (f->window), "win.forget-password", NULL));
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_OFFLINE);
  assert_kept (f, NULL);
}

static void
test_not_remembered (Fixture *f, gconstpointer data)
{
  g_autofree char *server = g_strdup_printf ("127.0.0.1:%u", script_port (f->server));

  be_asked (f);
  gtk_switch_set_active (GTK_SWITCH (part (f, "remember_switch")), FALSE);
  g_assert_false (ui_settings_get_remember_password (f->settings));
  type (f, "password_row", PASSWORD);

  /* One from before goes, too. */
  wc_secrets_store_async (f->secrets, server, "alice", "an old one", NULL, NULL, NULL);
  enter (f, "password_row");
  script_accept (f->server);
  script_prove (f->server, verifier);
  assert_logged_in (f);
  assert_kept (f, NULL);
}

/* One that is typed before anybody asks, by the button beside the Client-ID. */
static void
test_beforehand (Fixture *f, gconstpointer data)
{
  GtkToggleButton *button = GTK_TOGGLE_BUTTON (part (f, "password_button"));

  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, "Enter a Password");
  gtk_toggle_button_set_active (button, TRUE);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  g_assert_true (has_focus (f, "password_row"));
  type (f, "password_row", PASSWORD);
  ui_login_page_fill (UI_LOGIN_PAGE (f->page), "alice", script_address (f->server));
  enter (f, "password_row");
  script_accept (f->server);
  script_prove (f->server, verifier);
  assert_logged_in (f);
}

/* What is hidden again is not meant. */
static void
test_hidden (Fixture *f, gconstpointer data)
{
  GtkToggleButton *button = GTK_TOGGLE_BUTTON (part (f, "password_button"));

  gtk_toggle_button_set_active (button, TRUE);
  type (f, "password_row", PASSWORD);
  gtk_toggle_button_set_active (button, FALSE);
  g_assert_true (has_focus (f, "id_row"));
  be_asked (f);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (part (f, "password_row"))), ==, PASSWORD);
}

/* The keyring has one that is not right any more. */
static void
test_kept_wrong (Fixture *f, gconstpointer data)
{
  g_autofree char *server = g_strdup_printf ("127.0.0.1:%u", script_port (f->server));

  wc_secrets_store_async (f->secrets, server, "alice", "an old one", NULL, NULL, NULL);
  log_in (f);
  script_accept (f->server);
  script_prove (f->server, verifier);
  wait_for (!is_busy (f));
  assert_note (f, "password_error", "The password that is kept on this computer is not right any more.*");
  g_assert_true (has_focus (f, "password_row"));
}

static void
test_no_keyring (Fixture *f, gconstpointer data)
{
  be_asked (f);
  g_assert_true (gtk_widget_get_mapped (part (f, "password_row")));
  g_assert_false (gtk_widget_get_mapped (part (f, "remember_switch")));
  type (f, "password_row", PASSWORD);
  enter (f, "password_row");
  script_accept (f->server);
  script_prove (f->server, verifier);
  assert_logged_in (f);
}

/* It says for how long, and comes back by itself; or at once when somebody presses the button. */
static void
test_rate_limited (Fixture *f, gconstpointer data)
{
  log_in (f);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "@wait=30000 ERROR rate-limited slowly\n");
  wait_for (!is_busy (f));
  assert_note (f, "password_error", "There were too many logins*tried again in 30 s.");
  g_signal_emit_by_name (part (f, "button"), "clicked");
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  assert_note (f, "password_error", NULL);

  script_say (f->server, "@wait=1 ERROR rate-limited slowly\n");
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "@wait=30000 ERROR rate-limited slowly\n");
  wait_for (!is_busy (f));

  /* Whoever types something else does not want it tried with that. */
  type (f, "id_row", "alicia");
  assert_note (f, "password_error", NULL);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  g_assert_false (is_busy (f));
}

static UiTrustDialog *
find_dialog (void)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWidget) window = g_list_model_get_item (windows, i);

      if (UI_IS_TRUST_DIALOG (window) && gtk_widget_get_visible (window))
        return UI_TRUST_DIALOG (window);
    }
  return NULL;
}

/* Whom nobody vouches for, is asked about; only after a yes anything is said there. */
static void
test_unknown (Fixture *f, gconstpointer data)
{
  g_autofree char *grouped = ui_fingerprint_group (f->fingerprint);
  g_autofree char *shown = g_strdup_printf ("*%s*", script_address (f->server));
  UiTrustDialog *dialog;

  log_in (f);
  g_assert_false (script_try_accept (f->server));
  wait_for (!is_busy (f));
  dialog = find_dialog ();
  g_assert_nonnull (dialog);
  gui_wait_until (is_drawn, dialog);
  g_assert_cmpstr (adw_message_dialog_get_heading (ADW_MESSAGE_DIALOG (dialog)), ==, "Is This the Right Server?");
  g_assert_true (g_pattern_match_simple (shown, adw_message_dialog_get_body (ADW_MESSAGE_DIALOG (dialog))));
  g_assert_cmpstr (adw_message_dialog_get_default_response (ADW_MESSAGE_DIALOG (dialog)), ==, "cancel");
  g_assert_cmpstr (adw_message_dialog_get_close_response (ADW_MESSAGE_DIALOG (dialog)), ==, "cancel");
  g_assert_nonnull (gui_find_label (GTK_WIDGET (dialog), grouped));
  g_assert_true (gtk_label_get_selectable (GTK_LABEL (gui_find_label (GTK_WIDGET (dialog), grouped))));
  gui_assert_named (GTK_WIDGET (dialog));

  g_signal_emit_by_name (gui_find_button (GTK_WIDGET (dialog), "_Cancel"), "clicked");
  wait_for (find_dialog () == NULL);
  assert_note (f, "server_error", "You have not said yet that*");
  g_assert_null (wc_pins_lookup (wc_client_get_pins (f->client), "127.0.0.1", script_port (f->server)));
  g_assert_false (is_busy (f));

  log_in (f);
  g_assert_false (script_try_accept (f->server));
  wait_for (find_dialog ());
  gui_wait_until (is_drawn, find_dialog ());
  g_signal_emit_by_name (gui_find_button (GTK_WIDGET (find_dialog ()), "_Trust This Server"), "clicked");
  wait_for (find_dialog () == NULL);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "CONNECTED 2\n");
  assert_logged_in (f);
  g_assert_cmpstr (wc_pins_lookup (wc_client_get_pins (f->client), "127.0.0.1", script_port (f->server)), ==, f->fingerprint);
}

/* While somebody looks at a fingerprint, a login of something else shows another one: a yes is to what was looked at. */
static void
test_unknown_meanwhile (Fixture *f, gconstpointer data)
{
  g_auto (Login) login = { 0 };

  log_in (f);
  g_assert_false (script_try_accept (f->server));
  wait_for (!is_busy (f));
  gui_wait_until (is_drawn, find_dialog ());

  change_certificate (f);
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  g_assert_false (script_try_accept (f->server));
  wait_for (login.done);
  g_assert_error (login.error, WC_ERROR, WC_ERROR_CERTIFICATE_UNKNOWN);

  g_signal_emit_by_name (gui_find_button (GTK_WIDGET (find_dialog ()), "_Trust This Server"), "clicked");
  wait_for (find_dialog () == NULL);
  g_assert_false (is_busy (f));
  g_assert_null (wc_pins_lookup (wc_client_get_pins (f->client), "127.0.0.1", script_port (f->server)));
}

/* There is nothing to be clicked away; both fingerprints are there, and what to do. */
static void
assert_changed (Fixture *f, const char *before)
{
  g_autofree char *grouped = ui_fingerprint_group (f->fingerprint);
  g_autofree char *grouped_before = ui_fingerprint_group (before);
  g_autofree char *details = NULL;

  g_assert_null (find_dialog ());
  assert_note (f, "server_error", "*shows another certificate than before*Preferences, Trusted Servers*");
  g_object_get (part (f, "server_error"), "details", &details, NULL);
  g_assert_nonnull (strstr (details, grouped));
  g_assert_nonnull (strstr (details, grouped_before));
}

static void
test_changed (Fixture *f, gconstpointer data)
{
  g_autofree char *removed = NULL;
  WcPins *pins = wc_client_get_pins (f->client);
  g_autoptr (WcPin) pin = NULL;

  wc_pins_set (pins, "127.0.0.1", script_port (f->server), SOME);
  log_in (f);
  g_assert_false (script_try_accept (f->server));
  wait_for (!is_busy (f));
  assert_changed (f, SOME);

  /* Only without the old one it is asked about. */
  pin = g_list_model_get_item (wc_pins_get_list (pins), 0);
  wc_pins_remove (pins, pin);
  log_in (f);
  g_assert_false (script_try_accept (f->server));
  wait_for (find_dialog ());
}

/* The same while it comes back by itself: the window goes to the login page, and says it there. */
static void
test_changed_meanwhile (Fixture *f, gconstpointer data)
{
  g_autofree char *before = g_strdup (f->fingerprint);

  wc_pins_set (wc_client_get_pins (f->client), "127.0.0.1", script_port (f->server), f->fingerprint);
  log_in (f);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "CONNECTED 2\n");
  assert_logged_in (f);
  wait_for (!gtk_widget_get_mapped (f->page));

  change_certificate (f);
  script_hang_up (f->server);
  g_assert_false (script_try_accept (f->server));
  wait_for (gtk_widget_get_mapped (f->page));
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  assert_changed (f, before);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_OFFLINE);
}

/* A server without encryption: what to write has to be meant. */
static void
test_no_tls (Fixture *f, gconstpointer data)
{
  g_autofree char *tls = g_strdup_printf ("tls://127.0.0.1:%u", script_port (f->server));

  ui_login_page_fill (UI_LOGIN_PAGE (f->page), "alice", tls);
  g_assert_nonnull (gui_find_label (f->page, "Encrypted. Nobody on the way can read along or pretend to be the server."));
  enter (f, "id_row");
  script_accept (f->server);
  script_say (f->server, "ERROR bad-text\n");
  wait_for (!is_busy (f));
  assert_note (f, "server_error", "There is no encrypted connection to*");
}

int
main (int argc, char *argv[])
{
  const gboolean has_tls = g_tls_backend_supports_tls (g_tls_backend_get_default ());
  int status;

  if (!gui_test_init (&argc, &argv))
    return 0;

  application = GTK_APPLICATION (adw_application_new ("im.webchat.Test", G_APPLICATION_NON_UNIQUE));
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  verifier = scram_verifier_new (PASSWORD, NULL);

#define ADD(name, set_up_, function) g_test_add ("/trust/" name, Fixture, NULL, set_up_, function, tear_down)
  ADD ("password", set_up, test_password);
  ADD ("not-remembered", set_up, test_not_remembered);
  ADD ("beforehand", set_up, test_beforehand);
  ADD ("hidden", set_up, test_hidden);
  ADD ("kept-wrong", set_up, test_kept_wrong);
  ADD ("no-keyring", set_up_without_keyring, test_no_keyring);
  ADD ("rate-limited", set_up, test_rate_limited);
  if (has_tls)
    {
      ADD ("unknown", set_up_tls, test_unknown);
      ADD ("unknown-meanwhile", set_up_tls, test_unknown_meanwhile);
      ADD ("changed", set_up_tls, test_changed);
      ADD ("changed-meanwhile", set_up_tls, test_changed_meanwhile);
      ADD ("no-tls", set_up, test_no_tls);
    }

  status = g_test_run ();
  g_free (verifier);
  g_object_unref (application);
  return status;
}
