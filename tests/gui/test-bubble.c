/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include <adwaita.h>

#include "client/entry-private.h"
#include "gui-util.h"
#include "rows.h"
#include "sample.h"

#define NOON G_GINT64_CONSTANT (1795435200000)

static const UiMessageRowContext alone = { .flags = UI_GROUP_FIRST | UI_GROUP_LAST, .peer = "Bob", .idle_minutes = 15 };

static WcEntry *
message (gboolean own, const char *text, WcDelivery delivery)
{
  return wc_entry_new_message (own ? "alice" : "Bob", own, text, 1, NOON + 5 * 60000, delivery);
}

/* A row as a list shows it, in a window. */
static GtkWindow *
show (WcEntry *entry, const UiMessageRowContext *context, UiMessageRow **row)
{
  GtkWidget *child = ui_message_row_new ();
  GtkWidget *scroller = gtk_scrolled_window_new ();

  ui_message_row_set_entry (UI_MESSAGE_ROW (child), entry, context);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), child);
  *row = UI_MESSAGE_ROW (child);
  return gui_open_window (scroller, 600, 400);
}

static gboolean
shows_class (GtkWidget *root, const char *css_class)
{
  if (!gtk_widget_get_mapped (root))
    return FALSE;
  if (gtk_widget_has_css_class (root, css_class))
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child; child = gtk_widget_get_next_sibling (child))
    if (shows_class (child, css_class))
      return TRUE;
  return FALSE;
}

static void
test_states (void)
{
  static const struct
  {
    WcDelivery delivery;
    const char *name;
  } states[] = {
    { WC_DELIVERY_WAITING, "Waiting" },
    { WC_DELIVERY_STORED, "Stored" },
    { WC_DELIVERY_DELIVERED, "Delivered" },
    { WC_DELIVERY_READ, "Read" },
    { WC_DELIVERY_FAILED, "Not Sent" },
  };
  g_autoptr (WcEntry) entry = message (TRUE, "hello", WC_DELIVERY_WAITING);
  UiMessageRow *row;
  GtkWindow *window = show (entry, &alone, &row);

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    {
      g_autofree char *said = NULL, *wanted = NULL;
      GtkWidget *image;

      wc_entry_set_delivery (entry, states[i].delivery, "The server is full.");
      gui_wait_frames (GTK_WIDGET (window), 2);
      image = gui_find (GTK_WIDGET (row), GTK_TYPE_IMAGE);
      g_assert_nonnull (image);
      g_assert_true (gtk_widget_get_mapped (image));
      g_assert_nonnull (gtk_image_get_icon_name (GTK_IMAGE (image)));
      g_assert_true (gtk_icon_theme_has_icon (gtk_icon_theme_get_for_display (gtk_widget_get_display (image)),
                                              gtk_image_get_icon_name (GTK_IMAGE (image))));
      g_assert_null (gtk_test_accessible_check_property (GTK_ACCESSIBLE (image), GTK_ACCESSIBLE_PROPERTY_LABEL, states[i].name));
      said = ui_message_row_describe (entry, &alone);
      wanted = g_strdup_printf ("You, 12:05: hello (%s)", states[i].name);
      g_assert_cmpstr (said, ==, wanted);
    }
  g_assert_nonnull (gui_find_label (GTK_WIDGET (row), "The server is full."));
  g_assert_nonnull (gui_find_button (GTK_WIDGET (row), "Try Again"));
  g_assert_nonnull (gui_find_button (GTK_WIDGET (row), "Copy"));
  gui_assert_named (GTK_WIDGET (row));
  wc_entry_set_delivery (entry, WC_DELIVERY_STORED, NULL);
  gui_wait_frames (GTK_WIDGET (window), 2);
  g_assert_null (gui_find_button (GTK_WIDGET (row), "Try Again"));
  gui_close_window (window);
}

static void
retry_cb (UiMessageRow *row, WcEntry *entry, WcEntry **retried)
{
  *retried = entry;
}

static void
test_retry (void)
{
  g_autoptr (WcEntry) entry = message (TRUE, "hello", WC_DELIVERY_STORED);
  WcEntry *retried = NULL;
  UiMessageRow *row;
  GtkWindow *window;

  wc_entry_set_delivery (entry, WC_DELIVERY_FAILED, NULL);
  window = show (entry, &alone, &row);
  g_signal_connect (row, "retry", G_CALLBACK (retry_cb), &retried);
  g_signal_emit_by_name (gui_find_button (GTK_WIDGET (row), "Try Again"), "clicked");
  g_assert_true (retried == entry);
  gui_close_window (window);
}

static void
test_remove (void)
{
  g_autoptr (WcEntry) entry = message (TRUE, "hello", WC_DELIVERY_STORED);
  WcEntry *removed = NULL;
  UiMessageRow *row;
  GtkWindow *window = show (entry, &alone, &row);
  GtkWidget *bubble = GTK_WIDGET (ui_message_row_get_bubble (row));

  g_signal_connect (row, "remove", G_CALLBACK (retry_cb), &removed);
  gtk_widget_activate_action (bubble, "message.remove", NULL);
  g_assert_null (removed); /* what the server has is not to be taken back */
  wc_entry_set_delivery (entry, WC_DELIVERY_FAILED, "No.");
  gui_wait_frames (GTK_WIDGET (window), 2);
  g_signal_emit_by_name (gui_find_button (GTK_WIDGET (row), "Delete"), "clicked");
  g_assert_true (removed == entry);
  gui_close_window (window);
}

/* Once it is stored, it has the server's time. */
static void
test_time_follows (void)
{
  g_autoptr (WcEntry) entry = message (TRUE, "hello", WC_DELIVERY_WAITING);
  UiMessageRow *row;
  GtkWindow *window = show (entry, &alone, &row);

  g_assert_nonnull (gui_find_label (GTK_WIDGET (row), "12:05"));
  wc_entry_set_stored (entry, 2, NOON + 7 * 60000, WC_DELIVERY_STORED);
  g_assert_nonnull (gui_find_label (GTK_WIDGET (row), "12:07"));
  gui_close_window (window);
}

/* Each own message shows its state, also in the middle of a group; no two look alike without colour. */
static void
test_state_of_each (void)
{
  UiMessageRowContext middle = { .flags = 0, .peer = "Bob" };
  g_autoptr (GHashTable) icons = g_hash_table_new (g_str_hash, g_str_equal);

  for (WcDelivery delivery = WC_DELIVERY_WAITING; delivery <= WC_DELIVERY_FAILED; delivery++)
    {
      g_autoptr (WcEntry) entry = message (TRUE, "hello", delivery);
      UiMessageRow *row;
      GtkWindow *window = show (entry, &middle, &row);
      GtkWidget *image = gui_find (GTK_WIDGET (row), GTK_TYPE_IMAGE);

      g_assert_nonnull (image);
      g_assert_true (gtk_widget_get_mapped (image));
      g_assert_nonnull (gtk_widget_get_tooltip_text (image));
      g_assert_true (g_hash_table_add (icons, (char *) g_intern_string (gtk_image_get_icon_name (GTK_IMAGE (image)))));
      gui_close_window (window);
    }
}

static void
text_read_cb (GObject *clipboard, GAsyncResult *result, gpointer text)
{
  *(char **) text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (clipboard), result, NULL);
}

static gboolean
is_set (gpointer text)
{
  return *(char **) text != NULL;
}

static void
assert_copied (GtkWidget *widget, const char *wanted)
{
  g_autofree char *text = NULL;

  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (widget), NULL, text_read_cb, &text);
  gui_wait_until (is_set, &text);
  g_assert_cmpstr (text, ==, wanted);
}

static void
test_copy (void)
{
  g_autoptr (WcEntry) entry = message (FALSE, "see <b>http://a.org/x</b> & more", WC_DELIVERY_NONE);
  UiMessageRow *row;
  GtkWindow *window = show (entry, &alone, &row);
  UiBubble *bubble = ui_message_row_get_bubble (row);

  gtk_widget_activate_action (GTK_WIDGET (bubble), "message.copy", NULL);
  assert_copied (GTK_WIDGET (bubble), "see <b>http://a.org/x</b> & more");
  gtk_label_select_region (GTK_LABEL (gtk_widget_get_first_child (GTK_WIDGET (bubble))), 4, 10);
  gtk_widget_activate_action (GTK_WIDGET (bubble), "message.copy", NULL);
  assert_copied (GTK_WIDGET (bubble), "<b>htt");
  gtk_widget_activate_action (GTK_WIDGET (bubble), "message.copy-link", "s", "http://a.org/x");
  assert_copied (GTK_WIDGET (bubble), "http://a.org/x");
  gui_close_window (window);
}

static gboolean
activate_link_cb (GtkLabel *label, const char *uri, char **opened)
{
  *opened = g_strdup (uri);
  return TRUE;
}

static void
test_text (void)
{
  g_autoptr (WcEntry) entry = message (FALSE, "<b>bold</b> & http://a.org/?a=1&b=2.", WC_DELIVERY_NONE);
  g_autofree char *opened = NULL;
  UiMessageRow *row;
  GtkWindow *window = show (entry, &alone, &row);
  GtkWidget *label = gtk_widget_get_first_child (GTK_WIDGET (ui_message_row_get_bubble (row)));

  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (label)), ==, "<b>bold</b> & http://a.org/?a=1&b=2.");
  g_assert_true (gtk_label_get_selectable (GTK_LABEL (label)));
  g_signal_connect (label, "activate-link", G_CALLBACK (activate_link_cb), &opened);
  gtk_label_select_region (GTK_LABEL (label), 20, 20); /* the cursor into the link */
  gtk_widget_grab_focus (label);
  gtk_label_select_region (GTK_LABEL (label), 20, 20);
  g_signal_emit_by_name (label, "activate-current-link");
  g_assert_cmpstr (opened, ==, "http://a.org/?a=1&b=2");
  gui_close_window (window);
}

/* A row that was taken for another message shows nothing of the first one. */
static void
test_reuse (void)
{
  g_autoptr (WcEntry) failed = message (TRUE, "http://a.org", WC_DELIVERY_STORED);
  g_autoptr (WcEntry) plain = message (FALSE, "<i>x</i>", WC_DELIVERY_NONE);
  g_autoptr (WcEntry) event = wc_entry_new_event (WC_EVENT_BUSY, NOON);
  UiMessageRowContext context = { .flags = UI_GROUP_FIRST | UI_GROUP_LAST | UI_GROUP_NEW_DAY, .peer = "Bob", .new_messages = 2 };
  UiMessageRow *row;
  GtkWindow *window;

  wc_entry_set_delivery (failed, WC_DELIVERY_FAILED, "no");
  window = show (failed, &context, &row);
  g_assert_true (shows_class (GTK_WIDGET (row), "day-heading"));
  g_assert_nonnull (gui_find_label (GTK_WIDGET (row), "2 new messages"));
  ui_message_row_set_entry (row, NULL, NULL);
  ui_message_row_set_entry (row, plain, &alone);
  gui_wait_frames (GTK_WIDGET (window), 2);
  g_assert_nonnull (gui_find_label (GTK_WIDGET (row), "<i>x</i>"));
  g_assert_null (gui_find_label (GTK_WIDGET (row), "2 new messages"));
  g_assert_null (gui_find_button (GTK_WIDGET (row), "Try Again"));
  g_assert_false (shows_class (GTK_WIDGET (row), "day-heading"));
  g_assert_false (shows_class (GTK_WIDGET (row), "own"));
  g_assert_false (shows_class (GTK_WIDGET (row), "message-state"));
  ui_message_row_set_entry (row, event, &alone);
  gui_wait_frames (GTK_WIDGET (window), 2);
  g_assert_null (ui_message_row_get_bubble (row));
  g_assert_null (gui_find_label (GTK_WIDGET (row), "<i>x</i>"));
  gui_close_window (window);
}

static void
test_groups (void)
{
  static const UiGroupFlags places[] = { UI_GROUP_FIRST | UI_GROUP_LAST, UI_GROUP_FIRST, 0, UI_GROUP_LAST };
  g_autoptr (WcEntry) entry = message (FALSE, "hello", WC_DELIVERY_NONE);
  UiMessageRow *row;
  GtkWindow *window = show (entry, &alone, &row);

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      UiMessageRowContext context = { .flags = places[i], .peer = "Bob" };
      GtkWidget *avatar;

      ui_message_row_set_entry (row, entry, &context);
      gui_wait_frames (GTK_WIDGET (window), 2);
      avatar = gui_find (GTK_WIDGET (row), ADW_TYPE_AVATAR);
      g_assert_cmpint (gui_find_label (GTK_WIDGET (row), "Bob") != NULL, ==, (places[i] & UI_GROUP_FIRST) != 0);
      g_assert_cmpint (avatar && gtk_widget_get_mapped (avatar), ==, (places[i] & UI_GROUP_LAST) != 0);
      g_assert_cmpint (gui_find_label (GTK_WIDGET (row), "12:05") != NULL, ==, (places[i] & UI_GROUP_LAST) != 0);
    }
  gui_close_window (window);
}

static void
test_events (void)
{
  static const struct
  {
    WcEvent event;
    const char *text;
    const char *button; /* when it is the newest row */
  } events[] = {
    { WC_EVENT_STARTED, "Chat started 12:00", NULL },
    { WC_EVENT_ENDED_BY_ME, "You ended the chat", "Start Again" },
    { WC_EVENT_ENDED_BY_PEER, "Bob ended the chat", "Start Again" },
    { WC_EVENT_TIMED_OUT, "Ended after 15 minutes without a message", "Start Again" },
    { WC_EVENT_OFFLINE, "Bob is not connected", "Try Again" },
    { WC_EVENT_BUSY, "Bob is busy with somebody else", "Try Again" },
    { WC_EVENT_UNKNOWN, "Bob is not on this server’s list", "Try Again" },
    { WC_EVENT_SELF, "A chat needs somebody else", NULL },
    { WC_EVENT_UNREACHABLE, "Bob cannot be reached", "Try Again" },
    { WC_EVENT_LOST, "The connection was lost", "Start Again" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (events); i++)
    {
      UiMessageRowContext context = alone;
      g_autoptr (WcEntry) entry = wc_entry_new_event (events[i].event, NOON);
      UiMessageRow *row;
      GtkWindow *window = show (entry, &context, &row);

      g_assert_nonnull (gui_find_label (GTK_WIDGET (row), events[i].text));
      g_assert_null (gui_find (GTK_WIDGET (row), ADW_TYPE_AVATAR));
      if (events[i].button)
        g_assert_null (gui_find_button (GTK_WIDGET (row), events[i].button));
      context.flags |= UI_GROUP_NEWEST;
      ui_message_row_set_entry (row, entry, &context);
      gui_wait_frames (GTK_WIDGET (window), 2);
      if (events[i].button)
        {
          GtkWidget *button = gui_find_button (GTK_WIDGET (row), events[i].button);

          g_assert_nonnull (button);
          g_assert_cmpstr (gtk_actionable_get_action_name (GTK_ACTIONABLE (button)), ==, "chat.start");
        }
      gui_assert_named (GTK_WIDGET (row));
      gui_close_window (window);
    }
}

/* Long words, many lines, no room: as high as its text needs, inside its row, on its own side. */
static void
test_layout (void)
{
  g_autofree char *word = g_strnfill (2000, 'w');
  const char *const texts[] = { "x", "several words that need more than the one line that there is for them, and then some", word,
                                "a\nb\nc" };

  for (int rtl = 0; rtl < 2; rtl++)
    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
      for (int own = 0; own < 2; own++)
        {
          g_autoptr (WcEntry) entry = message (own, texts[i], own ? WC_DELIVERY_STORED : WC_DELIVERY_NONE);
          UiMessageRow *row;
          GtkWindow *window;
          GtkWidget *bubble, *label;
          graphene_rect_t bounds;
          int height;

          gtk_widget_set_default_direction (rtl ? GTK_TEXT_DIR_RTL : GTK_TEXT_DIR_LTR);
          window = show (entry, &alone, &row);
          gtk_window_set_default_size (window, 330, 400);
          gui_wait_frames (GTK_WIDGET (window), 4);
          bubble = GTK_WIDGET (ui_message_row_get_bubble (row));
          label = gtk_widget_get_first_child (bubble);
          g_assert_true (gtk_widget_compute_bounds (label, bubble, &bounds));
          g_assert_cmpfloat (bounds.origin.x, >=, 0);
          g_assert_cmpfloat (bounds.origin.x + bounds.size.width, <=, gtk_widget_get_width (bubble));
          g_assert_cmpint (gtk_widget_get_width (bubble), <=, 330);
          gtk_widget_measure (label, GTK_ORIENTATION_VERTICAL, (int) bounds.size.width, NULL, &height, NULL, NULL);
          g_assert_cmpfloat (bounds.size.height, >=, height);
          if (own != rtl)
            g_assert_cmpfloat (bounds.origin.x + bounds.size.width, >=, gtk_widget_get_width (bubble) - (own ? 1 : 41));
          else
            g_assert_cmpfloat (bounds.origin.x, <=, own ? 1 : 41);
          gui_close_window (window);
        }
  gtk_widget_set_default_direction (GTK_TEXT_DIR_LTR);
}

static double
channel (float c)
{
  return c <= 0.03928f ? c / 12.92 : pow ((c + 0.055) / 1.055, 2.4);
}

static double
luminance (const GdkRGBA *c)
{
  return 0.2126 * channel (c->red) + 0.7152 * channel (c->green) + 0.0722 * channel (c->blue);
}

/* Between the darkest and the lightest colour in what a widget paints, but for so much at its edges: text on its ground. */
static double
contrast (GtkWindow *window, GtkWidget *widget, float edge)
{
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (GTK_WIDGET (window));
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr (GdkTexture) texture = NULL;
  g_autofree guchar *pixels = NULL;
  int width = gtk_widget_get_width (GTK_WIDGET (window)), height = gtk_widget_get_height (GTK_WIDGET (window));
  double low = 1, high = 0;
  graphene_rect_t bounds;
  GskRenderNode *node;

  g_assert_true (gtk_widget_compute_bounds (widget, GTK_WIDGET (window), &bounds));
  graphene_rect_inset (&bounds, edge, edge);
  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_to_node (snapshot);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (window)), node, &GRAPHENE_RECT_INIT (0, 0, width, height));
  gsk_render_node_unref (node);
  pixels = g_malloc ((gsize) width * height * 4);
  gdk_texture_download (texture, pixels, (gsize) width * 4);
  for (int y = (int) bounds.origin.y; y < bounds.origin.y + bounds.size.height; y++)
    for (int x = (int) bounds.origin.x; x < bounds.origin.x + bounds.size.width; x++)
      {
        const guchar *p = pixels + ((gsize) y * width + x) * 4; /* BGRA in memory */
        double l = luminance (&(GdkRGBA){ p[2] / 255.f, p[1] / 255.f, p[0] / 255.f, 1 });

        low = MIN (low, l);
        high = MAX (high, l);
      }
  return (high + 0.05) / (low + 0.05);
}

static void
assert_contrast (const char *text, gboolean own)
{
  g_autoptr (WcEntry) entry = message (own, text, own ? WC_DELIVERY_STORED : WC_DELIVERY_NONE);
  UiMessageRow *row;
  GtkWindow *window = show (entry, &alone, &row);
  GtkWidget *bubble = GTK_WIDGET (ui_message_row_get_bubble (row));
  double text_contrast = contrast (window, gtk_widget_get_first_child (bubble), 6); /* outside of its corners is no ground */
  double time_contrast = contrast (window, gui_find_label (bubble, "12:05"), 0);

  g_test_message ("%s, %s: %.1f, time %.1f", text, own ? "own" : "other", text_contrast, time_contrast);
  g_assert_cmpfloat (text_contrast, >=, 4.5);
  g_assert_cmpfloat (time_contrast, >=, 4.5);
  gui_close_window (window);
}

static void
test_contrast (void)
{
  AdwStyleManager *style = adw_style_manager_get_default ();

  for (int dark = 0; dark < 2; dark++)
    {
      adw_style_manager_set_color_scheme (style, dark ? ADW_COLOR_SCHEME_FORCE_DARK : ADW_COLOR_SCHEME_FORCE_LIGHT);
      for (int own = 0; own < 2; own++)
        {
          assert_contrast ("██████", own);
          assert_contrast ("http://██████", own);
        }
    }
  adw_style_manager_set_color_scheme (style, ADW_COLOR_SCHEME_DEFAULT);
}

static void
test_menu (void)
{
  g_autoptr (WcEntry) entry = message (FALSE, "see http://a.org/x", WC_DELIVERY_NONE);
  UiMessageRow *row;
  GtkWindow *window = show (entry, &alone, &row);
  UiBubble *bubble = ui_message_row_get_bubble (row);
  GtkWidget *popover;
  GMenuModel *model;

  ui_bubble_popup_menu (bubble, NULL);
  popover = gui_find (GTK_WIDGET (bubble), GTK_TYPE_POPOVER_MENU);
  g_assert_nonnull (popover);
  g_assert_true (gtk_widget_get_visible (popover));
  model = gtk_popover_menu_get_menu_model (GTK_POPOVER_MENU (popover));
  g_assert_cmpint (g_menu_model_get_n_items (model), ==, 2);
  gtk_popover_popdown (GTK_POPOVER (popover));
  gui_close_window (window);
}

static void
test_finalize (void)
{
  g_autoptr (WcEntry) entry = message (TRUE, "x", WC_DELIVERY_STORED);
  GtkWidget *row = g_object_ref_sink (ui_message_row_new ());

  wc_entry_set_delivery (entry, WC_DELIVERY_FAILED, "no");
  ui_message_row_set_entry (UI_MESSAGE_ROW (row), entry, &alone);
  g_assert_finalize_object (row);
  wc_entry_set_delivery (entry, WC_DELIVERY_WAITING, NULL); /* nobody listens any more */
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  if (!gui_test_init (&argc, &argv))
    return 0;
  g_test_add_func ("/bubble/states", test_states);
  g_test_add_func ("/bubble/retry", test_retry);
  g_test_add_func ("/bubble/remove", test_remove);
  g_test_add_func ("/bubble/time-follows", test_time_follows);
  g_test_add_func ("/bubble/state-of-each", test_state_of_each);
  g_test_add_func ("/bubble/copy", test_copy);
  g_test_add_func ("/bubble/text", test_text);
  g_test_add_func ("/bubble/reuse", test_reuse);
  g_test_add_func ("/bubble/groups", test_groups);
  g_test_add_func ("/bubble/events", test_events);
  g_test_add_func ("/bubble/layout", test_layout);
  g_test_add_func ("/bubble/contrast", test_contrast);
  g_test_add_func ("/bubble/menu", test_menu);
  g_test_add_func ("/bubble/finalize", test_finalize);
  return g_test_run ();
}
