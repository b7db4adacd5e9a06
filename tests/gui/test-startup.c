/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The app starts with what it has kept: people stand there before there is a connection, and without one. */
#include <adwaita.h>

#include "client/fake-network.h"
#include "client/script-server.h"
#include "gui-util.h"
#include "ui/login-page.h"
#include "ui/main-page.h"
#include "ui/window.h"

static GtkApplication *application;

typedef struct
{
  GFile *folder;
  ScriptServer *server;
  WcClient *client;
  UiSettings *settings;
  UiWindow *window;
} Fixture;

/* As a start with "log in at start", on a computer where alice was logged in before. */
static void
set_up (Fixture *f, gconstpointer data)
{
  WcCache *cache;

  f->folder = test_folder_new ();
  f->server = script_server_new ();
  cache = wc_cache_open (f->folder, script_address (f->server), "alice", NULL, NULL);
  wc_cache_set_marks (cache, "bob", 3, 3, 0, 0);
  wc_cache_close (cache);

  f->client = test_client_new ();
  f->client->timing.retry_min = f->client->timing.retry_max = 3600000;
  wc_client_set_folder (f->client, f->folder);
  f->settings = ui_settings_new (NULL);
  f->window = ui_window_new (application, f->client, f->settings, NULL);
  gtk_window_present (GTK_WINDOW (f->window));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  GtkWidget *main_page = gui_find (GTK_WIDGET (f->window), UI_TYPE_MAIN_PAGE);

  if (main_page)
    ui_main_page_reset (UI_MAIN_PAGE (main_page));
  gui_close_window (GTK_WINDOW (f->window));
  test_client_finish (f->client);
  g_object_unref (f->settings);
  script_server_free (f->server);
  test_folder_free (f->folder);
}

static gboolean
shows (Fixture *f, GType type)
{
  GtkWidget *page = gui_find (GTK_WIDGET (f->window), type);

  return page && gtk_widget_get_visible (page) && gtk_widget_get_mapped (page);
}

static gboolean
shows_main (gpointer f)
{
  return shows (f, UI_TYPE_MAIN_PAGE);
}

static gboolean
shows_login (gpointer f)
{
  return shows (f, UI_TYPE_LOGIN_PAGE);
}

static gboolean
is_waiting (gpointer f)
{
  return wc_client_get_state (((Fixture *) f)->client) == WC_STATE_WAITING;
}

static gboolean
is_busy (Fixture *f)
{
  gboolean busy;

  g_object_get (gui_find (GTK_WIDGET (f->window), UI_TYPE_LOGIN_PAGE), "busy", &busy, NULL);
  return busy;
}

static void
test_offline (Fixture *f, gconstpointer data)
{
  script_stop_listening (f->server);
  ui_window_log_in (f->window, "alice", script_address (f->server), TRUE);
  gui_wait_until (shows_main, f);
  gui_wait_until (is_waiting, f);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  g_assert_true (shows_main (f));
  g_assert_nonnull (gui_find_label (GTK_WIDGET (f->window), "bob"));
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (f->window)), ==, "alice – WebChat");
  g_assert_false (is_busy (f));

  /* The network is back. */
  script_listen (f->server);
  fake_network_change (TRUE);
  script_welcome (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_ONLINE);
  g_assert_true (shows_main (f));

  wc_client_logout (f->client);
  gui_wait_until (shows_login, f);
}

static void
test_declined (Fixture *f, gconstpointer data)
{
  ui_window_log_in (f->window, "alice", script_address (f->server), TRUE);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  gui_wait_until (shows_main, f);
  script_say (f->server, "DECLINED\n");
  gui_wait_until (shows_login, f);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  g_assert_false (is_busy (f));
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_DECLINED);
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (f->window)), ==, "WebChat");
}

int
main (int argc, char *argv[])
{
  int status;

  if (!gui_test_init (&argc, &argv))
    return 0;

  application = GTK_APPLICATION (adw_application_new ("im.webchat.Test", G_APPLICATION_NON_UNIQUE));
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));

  g_test_add ("/startup/offline", Fixture, NULL, set_up, test_offline, tear_down);
  g_test_add ("/startup/declined", Fixture, NULL, set_up, test_declined, tear_down);

  status = g_test_run ();
  g_object_unref (application);
  return status;
}
