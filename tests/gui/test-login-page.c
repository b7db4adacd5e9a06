/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The login page: its states, and each error in its place. */
#include <adwaita.h>
#include <glib/gstdio.h>

#include "client/script-server.h"
#include "gui-util.h"
#include "ui/error-note.h"
#include "ui/login-page.h"

typedef struct
{
  char *path;
  GFile *folder;
  UiSettings *settings;
  WcClient *client;
  GtkWidget *page;
  GtkWindow *window;
} Fixture;

static void
open_page (Fixture *f)
{
  f->page = ui_login_page_new (f->client, f->settings, f->folder);
  f->window = gui_open_window (f->page, 400, 600);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->path = g_dir_make_tmp ("webchat-login-XXXXXX", NULL);
  f->folder = g_file_new_for_path (f->path);
  f->settings = ui_settings_new (NULL);
  f->client = test_client_new ();
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autofree char *file = g_build_filename (f->path, "Client-ID", NULL);
  GtkWidget *page = g_object_ref (f->page);

  gui_close_window (f->window);
  wait_for (G_OBJECT (page)->ref_count == 1);
  g_assert_finalize_object (page);
  wc_client_logout (f->client);
  g_assert_finalize_object (f->client);
  g_assert_finalize_object (f->settings);
  g_object_unref (f->folder);
  g_remove (file);
  g_rmdir (f->path);
  g_free (f->path);
}

static GtkWidget *
part (Fixture *f, const char *id)
{
  GtkWidget *widget = gui_find_id (f->page, id);

  g_assert_nonnull (widget);
  return widget;
}

static const char *
text_of (Fixture *f, const char *id)
{
  return gtk_editable_get_text (GTK_EDITABLE (part (f, id)));
}

static gboolean
is_busy (Fixture *f)
{
  gboolean busy;

  g_object_get (f->page, "busy", &busy, NULL);
  return busy;
}

/* The text under a field, or NULL. */
static char *
error_under (Fixture *f, const char *id)
{
  char *text;

  g_object_get (part (f, id), "text", &text, NULL);
  g_assert_cmpint (gtk_widget_get_visible (part (f, id)), ==, text != NULL);
  return text;
}

static void
assert_error (Fixture *f, const char *id, const char *row, const char *pattern)
{
  const char *other = g_str_equal (id, "id_error") ? "server_error" : "id_error";
  g_autofree char *text = error_under (f, id);
  g_autofree char *nothing = error_under (f, other);
  g_autofree char *details = NULL;

  g_assert_nonnull (text);
  if (!g_pattern_match_simple (pattern, text))
    g_error ("“%s” is not like “%s”", text, pattern);
  g_assert_null (nothing);
  g_object_get (part (f, id), "details", &details, NULL);
  g_assert_cmpstr (details, !=, "");
  g_assert_true (gtk_widget_has_css_class (part (f, row), "error"));
  gtk_test_accessible_assert_state (GTK_ACCESSIBLE (part (f, row)), GTK_ACCESSIBLE_STATE_INVALID, GTK_ACCESSIBLE_INVALID_TRUE);
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (part (f, row)), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text);
}

static void
log_in (Fixture *f, const char *client_id, const char *server)
{
  ui_login_page_fill (UI_LOGIN_PAGE (f->page), client_id, server);
  g_assert_true (gtk_widget_get_sensitive (part (f, "button")));
  g_signal_emit_by_name (part (f, "button"), "clicked");
}

static void
test_idle (Fixture *f, gconstpointer data)
{
  open_page (f);
  wait_for (gtk_widget_get_mapped (f->page));

  g_assert_cmpstr (text_of (f, "id_row"), ==, "");
  g_assert_cmpstr (text_of (f, "server_row"), ==, "localhost:5000");
  g_assert_false (adw_expander_row_get_expanded (ADW_EXPANDER_ROW (part (f, "server_expander"))));
  g_assert_false (gtk_widget_get_sensitive (part (f, "button")));
  g_assert_nonnull (gui_find_label (f->page, "Log In"));
  g_assert_false (gtk_widget_get_visible (part (f, "spinner")));

  ui_login_page_fill (UI_LOGIN_PAGE (f->page), "alice", NULL);
  g_assert_true (gtk_widget_get_sensitive (part (f, "button")));
  ui_login_page_fill (UI_LOGIN_PAGE (f->page), "  ", NULL);
  g_assert_false (gtk_widget_get_sensitive (part (f, "button")));
  gui_assert_named (f->page);
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (part (f, "button")), GTK_ACCESSIBLE_PROPERTY_LABEL, "Log In");
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (part (f, "server_row")), GTK_ACCESSIBLE_PROPERTY_LABEL, "Server");
}

static void
test_filled_in (Fixture *f, gconstpointer data)
{
  g_autofree char *file = g_build_filename (f->path, "Client-ID", NULL);

  g_assert_true (g_file_set_contents (file, "carol\n", -1, NULL));
  ui_settings_set_server (f->settings, "chat.lab:7000");
  open_page (f);
  wait_for (*text_of (f, "id_row"));
  g_assert_cmpstr (text_of (f, "id_row"), ==, "carol");
  g_assert_cmpstr (text_of (f, "server_row"), ==, "chat.lab:7000");
}

static void
test_typed_stays (Fixture *f, gconstpointer data)
{
  g_autofree char *file = g_build_filename (f->path, "Client-ID", NULL);

  g_assert_true (g_file_set_contents (file, "carol", -1, NULL));
  f->page = ui_login_page_new (f->client, f->settings, f->folder);
  ui_login_page_fill (UI_LOGIN_PAGE (f->page), "typed", NULL);
  wait_for (G_OBJECT (f->page)->ref_count == 1); /* the file is read */
  f->window = gui_open_window (f->page, 400, 600);
  g_assert_cmpstr (text_of (f, "id_row"), ==, "typed");
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  g_autoptr (ScriptServer) server = script_server_new ();
  g_autofree char *pattern = g_strdup_printf ("Nothing answers at %s. Is webchat-server running there?", script_address (server));
  g_autofree char *text = NULL;

  script_stop_listening (server);
  open_page (f);
  log_in (f, "alice", script_address (server));
  wait_for (!is_busy (f));

  assert_error (f, "server_error", "server_row", pattern);
  g_assert_true (adw_expander_row_get_expanded (ADW_EXPANDER_ROW (part (f, "server_expander"))));
  g_assert_false (ui_settings_get_log_in_at_start (f->settings));

  /* It goes as soon as what it is about changes. */
  ui_login_page_fill (UI_LOGIN_PAGE (f->page), NULL, "elsewhere");
  text = error_under (f, "server_error");
  g_assert_null (text);
  g_assert_false (gtk_widget_has_css_class (part (f, "server_row"), "error"));
}

static void
test_declined (Fixture *f, gconstpointer data)
{
  g_autoptr (ScriptServer) server = script_server_new ();

  open_page (f);
  log_in (f, "mallory", script_address (server));
  script_accept (server);
  script_expect (server, "HELLO mallory 2");
  script_say (server, "DECLINED\n");
  script_expect_end (server);
  wait_for (!is_busy (f));
  assert_error (f, "id_error", "id_row", "*does not let this Client-ID in*");
}

static void
test_not_webchat (Fixture *f, gconstpointer data)
{
  g_autoptr (ScriptServer) server = script_server_new ();

  open_page (f);
  log_in (f, "alice", script_address (server));
  script_accept (server);
  script_say (server, "220 mail.lab ESMTP\n");
  wait_for (!is_busy (f));
  assert_error (f, "server_error", "server_row", "*not a WebChat server*");
}

static void
test_bad_input (Fixture *f, gconstpointer data)
{
  open_page (f);
  log_in (f, "no spaces", "localhost:5000");
  wait_for (!is_busy (f));
  assert_error (f, "id_error", "id_row", "A Client-ID starts with*");

  log_in (f, "alice", "localhost:port");
  wait_for (!is_busy (f));
  assert_error (f, "server_error", "server_row", "This is not an address*");
}

static void
test_cancel (Fixture *f, gconstpointer data)
{
  g_autoptr (ScriptServer) server = script_server_new ();
  g_autofree char *id_error = NULL;
  g_autofree char *server_error = NULL;

  open_page (f);
  log_in (f, "alice", script_address (server));
  g_assert_true (is_busy (f));
  g_assert_nonnull (gui_find_label (f->page, "Cancel"));
  g_assert_true (gtk_widget_get_visible (part (f, "spinner")));
  g_assert_false (gtk_editable_get_editable (GTK_EDITABLE (part (f, "id_row"))));
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (part (f, "button")), GTK_ACCESSIBLE_PROPERTY_LABEL, "Cancel");

  script_accept (server);
  g_signal_emit_by_name (part (f, "button"), "clicked");
  wait_for (!is_busy (f));
  g_assert_nonnull (gui_find_label (f->page, "Log In"));
  g_assert_true (gtk_editable_get_editable (GTK_EDITABLE (part (f, "id_row"))));
  id_error = error_under (f, "id_error");
  server_error = error_under (f, "server_error");
  g_assert_null (id_error);
  g_assert_null (server_error);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_OFFLINE);
}

/* Saving it is under way when the login has ended. */
static gboolean
file_says (const char *file, const char *client_id)
{
  g_autofree char *contents = NULL;

  return g_file_get_contents (file, &contents, NULL, NULL) && g_str_equal (g_strchomp (contents), client_id);
}

static void
test_remembered (Fixture *f, gconstpointer data)
{
  g_autoptr (ScriptServer) server = script_server_new ();
  g_autofree char *file = g_build_filename (f->path, "Client-ID", NULL);

  open_page (f);
  log_in (f, " alice ", script_address (server));
  script_accept (server);
  script_expect (server, "HELLO alice 2");
  script_say (server, "CONNECTED 2\n");
  wait_for (!is_busy (f));
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_ONLINE);
  g_assert_true (ui_settings_get_log_in_at_start (f->settings));
  g_assert_cmpstr (ui_settings_get_server (f->settings), ==, script_address (server));
  wait_for (file_says (file, "alice"));
}

/* A window closed in the middle of a login ends it. */
static void
test_closed (Fixture *f, gconstpointer data)
{
  g_autoptr (ScriptServer) server = script_server_new ();

  open_page (f);
  log_in (f, "alice", script_address (server));
  g_assert_true (is_busy (f));
}

int
main (int argc, char *argv[])
{
  if (!gui_test_init (&argc, &argv))
    return 0;

#define ADD(name, function) g_test_add ("/login-page/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("idle", test_idle);
  ADD ("filled-in", test_filled_in);
  ADD ("typed-stays", test_typed_stays);
  ADD ("refused", test_refused);
  ADD ("declined", test_declined);
  ADD ("not-webchat", test_not_webchat);
  ADD ("bad-input", test_bad_input);
  ADD ("cancel", test_cancel);
  ADD ("remembered", test_remembered);
  ADD ("closed", test_closed);

  return g_test_run ();
}
