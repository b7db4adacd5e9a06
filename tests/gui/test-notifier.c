/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notifications, as the desktop gets them: a service of the test's own stands on the session bus in its place. */
#include <adwaita.h>

#include "client/client-private.h"
#include "client/conversation-private.h"
#include "gui-util.h"
#include "notifier.h"

static GtkApplication *application;
static GString *told; /* what the desktop was told: "+chat-alice (alice: hello) " and "-chat-alice " */

static const char interface_xml[] =
  "<node><interface name='org.gtk.Notifications'>"
  "<method name='AddNotification'><arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='a{sv}' direction='in'/></method>"
  "<method name='RemoveNotification'><arg type='s' direction='in'/><arg type='s' direction='in'/></method>"
  "</interface></node>";

static void
called_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *method,
           GVariant *parameters, GDBusMethodInvocation *invocation, gpointer user_data)
{
  const char *id;

  if (g_str_equal (method, "AddNotification"))
    {
      g_autoptr (GVariant) notification = NULL;
      const char *title, *body, *action;
      g_autoptr (GVariant) target_variant = NULL;

      g_variant_get (parameters, "(&s&s@a{sv})", NULL, &id, &notification);
      g_assert_true (g_variant_lookup (notification, "title", "&s", &title));
      g_assert_true (g_variant_lookup (notification, "body", "&s", &body));
      g_assert_true (g_variant_lookup (notification, "default-action", "&s", &action));
      g_assert_cmpstr (action, ==, "app.open-chat");
      target_variant = g_variant_lookup_value (notification, "default-action-target", G_VARIANT_TYPE_STRING);
      g_assert_cmpstr (g_variant_get_string (target_variant, NULL), ==, title);
      g_string_append_printf (told, "+%s (%s: %s) ", id, title, body);
    }
  else
    {
      g_variant_get (parameters, "(&s&s)", NULL, &id);
      g_string_append_printf (told, "-%s ", id);
    }
  g_dbus_method_invocation_return_value (invocation, NULL);
}

typedef struct
{
  WcClient *client;
  WebchatNotifier *notifier;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_string_truncate (told, 0);
  f->client = wc_client_new ();
  f->notifier = webchat_notifier_new (application, f->client);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  if (f->notifier)
    g_assert_finalize_object (f->notifier);
  g_assert_finalize_object (f->client);
}

static void
receive (Fixture *f, const char *peer, const char *text)
{
  WcConversation *conversation = wc_client_meet (f->client, peer, FALSE);
  g_autoptr (WcEntry) entry = wc_entry_new_message (peer, FALSE, text, 1, 0, WC_DELIVERY_NONE);

  wc_conversation_add_unread (conversation);
  wc_client_emit_message (f->client, conversation, entry);
}

static gboolean
was_told (gpointer expected)
{
  return g_str_equal (told->str, expected);
}

/* What is out when the app ends is taken back. Waited for, or the next test would hear of it. */
static void
end (Fixture *f)
{
  g_string_truncate (told, 0);
  g_assert_finalize_object (g_steal_pointer (&f->notifier));
  gui_wait_until (was_told, (gpointer) "-chat-alice ");
}

static void
test_message (Fixture *f, gconstpointer data)
{
  receive (f, "alice", "hello");
  gui_wait_until (was_told, (gpointer) "+chat-alice (alice: hello) ");
  receive (f, "bob", "hey");
  receive (f, "alice", "again");
  gui_wait_until (was_told, (gpointer) "+chat-alice (alice: hello) +chat-bob (bob: hey) +chat-alice (alice: again) ");

  g_string_truncate (told, 0);
  wc_conversation_mark_read (wc_client_get_conversation (f->client, "bob"));
  gui_wait_until (was_told, (gpointer) "-chat-bob ");
  end (f);
}

static void
test_long (Fixture *f, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *expected = NULL;

  for (int i = 0; i < 1000; i++)
    g_string_append (text, "ż");
  receive (f, "alice", text->str);
  g_string_truncate (text, 200 * strlen ("ż"));
  expected = g_strdup_printf ("+chat-alice (alice: %s) ", text->str);
  gui_wait_until (was_told, expected);
  end (f);
}

/* Nor of what was read on another device, before it came here. */
static void
test_read_elsewhere (Fixture *f, gconstpointer data)
{
  wc_conversation_set_read (wc_client_meet (f->client, "bob", FALSE), 1);
  receive (f, "bob", "read");
  receive (f, "alice", "unread");
  gui_wait_until (was_told, (gpointer) "+chat-alice (alice: unread) ");
  end (f);
}

/* Nothing is sent while a window is in use. */
static void
test_in_use (Fixture *f, gconstpointer data)
{
  GtkWindow *window = gui_open_window (gtk_label_new ("in use"), 300, 200);

  gtk_window_set_application (window, application);
  if (gtk_window_is_active (window))
    {
      receive (f, "alice", "seen");
      gui_close_window (window);
      receive (f, "alice", "unseen");
      gui_wait_until (was_told, (gpointer) "+chat-alice (alice: unseen) ");
      end (f);
    }
  else
    {
      gui_close_window (window);
      g_test_skip ("without a window manager no window is ever in use");
    }
}

int
main (int argc, char *argv[])
{
  static const GDBusInterfaceVTable vtable = { .method_call = called_cb };
  g_autoptr (GDBusNodeInfo) node = NULL;
  g_autoptr (GDBusConnection) bus = NULL;
  int status;

  if (!gui_test_init (&argc, &argv))
    return 0;
  bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  if (!bus)
    {
      g_print ("1..0 # SKIP no session bus\n");
      return 0;
    }

  told = g_string_new (NULL);
  node = g_dbus_node_info_new_for_xml (interface_xml, NULL);
  g_dbus_connection_register_object (bus, "/org/gtk/Notifications", node->interfaces[0], &vtable, NULL, NULL, NULL);
  g_bus_own_name_on_connection (bus, "org.gtk.Notifications", G_BUS_NAME_OWNER_FLAGS_NONE, NULL, NULL, NULL, NULL);
  application = GTK_APPLICATION (adw_application_new ("im.webchat.NotifierTest", G_APPLICATION_DEFAULT_FLAGS));
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));

  g_test_add ("/notifier/message", Fixture, NULL, set_up, test_message, tear_down);
  g_test_add ("/notifier/long", Fixture, NULL, set_up, test_long, tear_down);
  g_test_add ("/notifier/read-elsewhere", Fixture, NULL, set_up, test_read_elsewhere, tear_down);
  g_test_add ("/notifier/in-use", Fixture, NULL, set_up, test_in_use, tear_down);

  status = g_test_run ();
  g_object_unref (application);
  g_string_free (told, TRUE);
  return status;
}
