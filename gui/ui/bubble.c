/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/bubble.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "ui/delivery.h"
#include "ui/rich-text.h"
#include "ui/timestamp.h"

#define AVATAR_SIZE 32
#define LEAD (AVATAR_SIZE + 8)  /* where other people's bubbles begin */
#define META_GAP 8              /* between bubble and time */
#define TEXT_MAX_WIDTH 560      /* a line of about 70 characters */
#define FAR_SIDE 24             /* what stays free beside the longest one, so that sides can be told apart */
#define GROUP_SPACE 10          /* above the first of a group */
#define ROW_SPACE 2             /* above the others */

struct _UiBubble
{
  GtkWidget parent;
  WcEntry *entry;
  UiGroupFlags flags;
  gulong changed_id;

  GtkWidget *text;    /* always there; the others are made when first needed */
  GtkWidget *avatar;
  GtkWidget *name;
  GtkWidget *time;
  GtkWidget *state;
  GtkWidget *failure;
  GtkWidget *menu;
};

G_DEFINE_FINAL_TYPE (UiBubble, ui_bubble, GTK_TYPE_WIDGET)

enum
{
  SIGNAL_RETRY,
  SIGNAL_REMOVE,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

/* Shows or hides a child that is made on first use. */
static gboolean
want_child (UiBubble *self, GtkWidget **child, gboolean wanted, GtkWidget *(*make) (UiBubble *))
{
  if (wanted && *child == NULL)
    {
      *child = make (self);
      gtk_widget_set_parent (*child, GTK_WIDGET (self));
    }
  if (*child)
    gtk_widget_set_visible (*child, wanted);
  return wanted;
}

static GtkWidget *
make_avatar (UiBubble *self)
{
  GtkWidget *avatar = adw_avatar_new (AVATAR_SIZE, NULL, TRUE);

  /* It says no more than the name. */
  gtk_accessible_update_state (GTK_ACCESSIBLE (avatar), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE, -1);
  return avatar;
}

static GtkWidget *
make_name (UiBubble *self)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "message-name");
  return label;
}

static GtkWidget *
make_time (UiBubble *self)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_widget_add_css_class (label, "message-time");
  gtk_widget_add_css_class (label, "numeric");
  return label;
}

static GtkWidget *
make_state (UiBubble *self)
{
  GtkWidget *image = gtk_image_new ();

  gtk_widget_add_css_class (image, "message-state");
  return image;
}

/* The reason, and under it what can be done: side by side they would not fit into a narrow window. */
static GtkWidget *
make_failure (UiBubble *self)
{
  const struct
  {
    const char *label, *action;
  } buttons[] = { { _("Try Again"), "message.retry" }, { _("Copy"), "message.copy" }, { _("Delete"), "message.remove" } };
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *reason = gtk_label_new (NULL);

  gtk_label_set_wrap (GTK_LABEL (reason), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (reason), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (reason), 1);
  gtk_widget_add_css_class (reason, "error");
  gtk_widget_add_css_class (reason, "caption");
  gtk_box_append (GTK_BOX (box), reason);
  for (gsize i = 0; i < G_N_ELEMENTS (buttons); i++)
    {
      GtkWidget *button = gtk_button_new_with_label (buttons[i].label);

      gtk_actionable_set_action_name (GTK_ACTIONABLE (button), buttons[i].action);
      gtk_widget_add_css_class (button, "message-button");
      gtk_box_append (GTK_BOX (row), button);
    }
  gtk_widget_set_halign (row, GTK_ALIGN_END);
  gtk_box_append (GTK_BOX (box), row);
  gtk_widget_set_margin_top (box, 4);
  return box;
}

static gboolean
is_own (UiBubble *self)
{
  return self->entry && wc_entry_get_own (self->entry);
}

static gboolean
is_shown (GtkWidget *child)
{
  return child && gtk_widget_get_visible (child);
}

static int
natural_size (GtkWidget *child, GtkOrientation orientation, int for_size)
{
  int natural = 0;

  if (is_shown (child))
    gtk_widget_measure (child, orientation, for_size, NULL, &natural, NULL, NULL);
  return natural;
}

static int
lead (UiBubble *self)
{
  return is_own (self) || self->flags & UI_GROUP_PLAIN ? 0 : LEAD;
}

/* Of time and state beside the bubble, with the gap before them. */
static int
meta_width (UiBubble *self)
{
  int width = natural_size (self->time, GTK_ORIENTATION_HORIZONTAL, -1);
  int state = natural_size (self->state, GTK_ORIENTATION_HORIZONTAL, -1);

  if (width && state)
    width += META_GAP / 2;
  width += state;
  return width ? width + META_GAP : 0;
}

/* The bubble's own width where the row has this much. */
static int
text_width (UiBubble *self, int available)
{
  int natural, minimum;
  int limit = MIN (TEXT_MAX_WIDTH, available - lead (self) - MAX (meta_width (self), FAR_SIDE));

  gtk_widget_measure (self->text, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL, NULL);
  return MAX (MIN (natural, limit), minimum);
}

static int
space_above (UiBubble *self)
{
  return self->flags & UI_GROUP_FIRST ? GROUP_SPACE : ROW_SPACE;
}

static void
measure_width (UiBubble *self, int *minimum, int *natural)
{
  int least, most, failure = 0;
  int beside = lead (self) + MAX (meta_width (self), FAR_SIDE);

  gtk_widget_measure (self->text, GTK_ORIENTATION_HORIZONTAL, -1, &least, &most, NULL, NULL);
  if (is_shown (self->failure))
    gtk_widget_measure (self->failure, GTK_ORIENTATION_HORIZONTAL, -1, &failure, NULL, NULL, NULL);
  *minimum = MAX (least + beside, failure);
  *natural = MAX (*minimum, MIN (most, TEXT_MAX_WIDTH) + beside);
}

static void
ui_bubble_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                   int *minimum_baseline, int *natural_baseline)
{
  UiBubble *self = UI_BUBBLE (widget);

  *minimum_baseline = *natural_baseline = -1;
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      measure_width (self, minimum, natural);
    }
  else
    {
      int width = for_size < 0 ? TEXT_MAX_WIDTH + LEAD + FAR_SIDE : for_size;
      int height = natural_size (self->text, GTK_ORIENTATION_VERTICAL, text_width (self, width));

      height = MAX (height, is_shown (self->avatar) ? AVATAR_SIZE : 0);
      height += natural_size (self->name, GTK_ORIENTATION_VERTICAL, -1);
      height += natural_size (self->failure, GTK_ORIENTATION_VERTICAL, width);
      *minimum = *natural = space_above (self) + height;
    }
}

/* As if the row ran from left to right and the message were somebody else's: mirrored for the other two cases. */
static void
place (UiBubble *self, GtkWidget *child, gboolean mirror, int row_width, int x, int y, int width, int height)
{
  if (!is_shown (child))
    return;
  if (mirror)
    x = row_width - x - width;
  gtk_widget_size_allocate (child, &(GtkAllocation){ x, y, width, height }, -1);
}

static void
ui_bubble_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  UiBubble *self = UI_BUBBLE (widget);
  gboolean mirror = is_own (self) != (gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL);
  int bubble = text_width (self, width);
  int name = natural_size (self->name, GTK_ORIENTATION_VERTICAL, -1);
  int failure = natural_size (self->failure, GTK_ORIENTATION_VERTICAL, width);
  int top = space_above (self) + name;
  int bottom = height - failure;
  int x = lead (self);
  int time = natural_size (self->time, GTK_ORIENTATION_HORIZONTAL, -1);
  int state = natural_size (self->state, GTK_ORIENTATION_HORIZONTAL, -1);
  int time_height = natural_size (self->time, GTK_ORIENTATION_VERTICAL, -1);
  int state_height = natural_size (self->state, GTK_ORIENTATION_VERTICAL, -1);
  int failure_width;

  place (self, self->avatar, mirror, width, 0, bottom - AVATAR_SIZE, AVATAR_SIZE, AVATAR_SIZE);
  place (self, self->name, mirror, width, x, top - name, MAX (width - x, 0), name);
  place (self, self->text, mirror, width, x, top, bubble, bottom - top);
  /* The state stands next to the bubble, where the eye is. */
  x += bubble + META_GAP;
  place (self, self->state, mirror, width, x, bottom - state_height - 4, state, state_height);
  x += state ? state + META_GAP / 2 : 0;
  place (self, self->time, mirror, width, x, bottom - time_height - 4, time, time_height);
  failure_width = MIN (natural_size (self->failure, GTK_ORIENTATION_HORIZONTAL, -1), width);
  place (self, self->failure, mirror, width, 0, bottom, failure_width, failure);
}

static GtkSizeRequestMode
ui_bubble_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
show_delivery (UiBubble *self)
{
  WcDelivery delivery = is_own (self) ? wc_entry_get_delivery (self->entry) : WC_DELIVERY_NONE;
  gboolean failed = delivery == WC_DELIVERY_FAILED;
  /* Where messages stand plainly, only trouble matters. */
  gboolean wanted = delivery != WC_DELIVERY_NONE
                    && (!(self->flags & UI_GROUP_PLAIN) || failed || delivery == WC_DELIVERY_WAITING);

  if (want_child (self, &self->state, wanted, make_state))
    {
      gtk_image_set_from_icon_name (GTK_IMAGE (self->state), ui_delivery_icon (delivery));
      gtk_widget_set_tooltip_text (self->state, ui_delivery_explanation (delivery));
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->state), GTK_ACCESSIBLE_PROPERTY_LABEL, ui_delivery_name (delivery), -1);
      if (failed)
        gtk_widget_add_css_class (self->state, "error");
      else
        gtk_widget_remove_css_class (self->state, "error");
      if (delivery == WC_DELIVERY_READ)
        gtk_widget_add_css_class (self->state, "accent");
      else
        gtk_widget_remove_css_class (self->state, "accent");
    }
  if (want_child (self, &self->failure, failed, make_failure))
    {
      const char *reason = wc_entry_get_error (self->entry);

      gtk_label_set_text (GTK_LABEL (gtk_widget_get_first_child (self->failure)), reason ? reason : _("Not sent"));
    }
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "message.retry", failed);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "message.remove", failed);
}

static void
show_text (UiBubble *self)
{
  const char *text = wc_entry_get_text (self->entry);
  const char *classes[6];
  guint n = 0;
  g_autofree char *markup = ui_rich_text_markup (text);

  if (markup)
    gtk_label_set_markup (GTK_LABEL (self->text), markup);
  else
    gtk_label_set_text (GTK_LABEL (self->text), text);
  classes[n++] = "message";
  classes[n++] = is_own (self) ? "own" : "other";
  if (self->flags & UI_GROUP_FIRST)
    classes[n++] = "first";
  if (self->flags & UI_GROUP_LAST)
    classes[n++] = "last";
  if (ui_rich_text_is_emoji (text))
    classes[n++] = "emoji";
  classes[n] = NULL;
  gtk_widget_set_css_classes (self->text, classes);
}

static void
show_time (UiBubble *self)
{
  g_autofree char *time = ui_time_of_day (wc_entry_get_time (self->entry));

  if (want_child (self, &self->time, self->flags & UI_GROUP_LAST && time, make_time))
    {
      g_autofree char *full = ui_time_in_full (wc_entry_get_time (self->entry));

      gtk_label_set_text (GTK_LABEL (self->time), time);
      gtk_widget_set_tooltip_text (self->time, full);
    }
}

static void
changed_cb (WcEntry *entry, GParamSpec *pspec, UiBubble *self)
{
  show_time (self);
  show_delivery (self);
}

static void
show_entry (UiBubble *self)
{
  gboolean own = is_own (self);
  gboolean last = self->flags & UI_GROUP_LAST;
  const char *from = wc_entry_get_from (self->entry);

  show_text (self);
  if (want_child (self, &self->avatar, !own && last && !(self->flags & UI_GROUP_PLAIN), make_avatar))
    adw_avatar_set_text (ADW_AVATAR (self->avatar), from);
  if (want_child (self, &self->name, !own && self->flags & UI_GROUP_FIRST, make_name))
    gtk_label_set_text (GTK_LABEL (self->name), from);
  show_time (self);
  show_delivery (self);
}

void
ui_bubble_set_entry (UiBubble *self, WcEntry *entry, UiGroupFlags flags)
{
  g_return_if_fail (UI_IS_BUBBLE (self));

  if (self->entry == entry && self->flags == flags)
    return;
  self->flags = flags;
  if (self->entry != entry)
    {
      if (self->entry)
        g_clear_signal_handler (&self->changed_id, self->entry);
      g_set_object (&self->entry, entry);
      if (entry)
        self->changed_id = g_signal_connect (entry, "notify", G_CALLBACK (changed_cb), self);
    }
  if (entry)
    show_entry (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

WcEntry *
ui_bubble_get_entry (UiBubble *self)
{
  g_return_val_if_fail (UI_IS_BUBBLE (self), NULL);
  return self->entry;
}

static void
copy_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  UiBubble *self = UI_BUBBLE (widget);
  const char *text;
  int start, end;

  if (self->entry == NULL)
    return;
  text = wc_entry_get_text (self->entry);
  if (gtk_label_get_selection_bounds (GTK_LABEL (self->text), &start, &end))
    {
      g_autofree char *part = g_utf8_substring (text, start, end);
      gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), part);
    }
  else
    {
      gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), text);
    }
}

static void
copy_link_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), g_variant_get_string (parameter, NULL));
}

static void
retry_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  UiBubble *self = UI_BUBBLE (widget);

  if (self->entry)
    g_signal_emit (self, signals[SIGNAL_RETRY], 0, self->entry);
}

static void
remove_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  UiBubble *self = UI_BUBBLE (widget);

  if (self->entry)
    g_signal_emit (self, signals[SIGNAL_REMOVE], 0, self->entry);
}

/* The link under the pointer, or the first one for the keyboard. */
static char *
link_for_menu (UiBubble *self)
{
  const char *current = gtk_label_get_current_uri (GTK_LABEL (self->text));

  return current ? g_strdup (current) : ui_rich_text_first_link (wc_entry_get_text (self->entry));
}

static GMenuModel *
build_menu (UiBubble *self)
{
  GMenu *menu = g_menu_new ();
  g_autofree char *link = link_for_menu (self);

  g_menu_append (menu, _("_Copy"), "message.copy");
  if (link)
    {
      g_autoptr (GMenuItem) item = g_menu_item_new (_("Copy _Link"), NULL);

      g_menu_item_set_action_and_target (item, "message.copy-link", "s", link);
      g_menu_append_item (menu, item);
    }
  if (is_own (self) && wc_entry_get_delivery (self->entry) == WC_DELIVERY_FAILED)
    {
      g_menu_append (menu, _("_Try Again"), "message.retry");
      g_menu_append (menu, _("_Delete"), "message.remove");
    }
  return G_MENU_MODEL (menu);
}

void
ui_bubble_popup_menu (UiBubble *self, const GdkRectangle *at)
{
  g_autoptr (GMenuModel) model = NULL;
  graphene_rect_t bounds;

  g_return_if_fail (UI_IS_BUBBLE (self));

  if (self->entry == NULL)
    return;
  model = build_menu (self);
  if (self->menu == NULL)
    {
      self->menu = gtk_popover_menu_new_from_model (model);
      gtk_popover_set_has_arrow (GTK_POPOVER (self->menu), FALSE);
      gtk_widget_set_parent (self->menu, GTK_WIDGET (self));
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->menu), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Message Menu"), -1);
    }
  else
    {
      gtk_popover_menu_set_menu_model (GTK_POPOVER_MENU (self->menu), model);
    }
  if (at)
    gtk_popover_set_pointing_to (GTK_POPOVER (self->menu), at);
  else if (gtk_widget_compute_bounds (self->text, GTK_WIDGET (self), &bounds))
    gtk_popover_set_pointing_to (GTK_POPOVER (self->menu),
                                 &(GdkRectangle){ (int) bounds.origin.x, (int) bounds.origin.y, (int) bounds.size.width,
                                                  (int) bounds.size.height });
  gtk_popover_popup (GTK_POPOVER (self->menu));
}

static void
ui_bubble_dispose (GObject *object)
{
  UiBubble *self = UI_BUBBLE (object);
  GtkWidget **children[] = { &self->menu, &self->text, &self->avatar, &self->name, &self->time, &self->state, &self->failure };

  if (self->entry)
    g_clear_signal_handler (&self->changed_id, self->entry);
  g_clear_object (&self->entry);
  for (gsize i = 0; i < G_N_ELEMENTS (children); i++)
    g_clear_pointer (children[i], gtk_widget_unparent);
  G_OBJECT_CLASS (ui_bubble_parent_class)->dispose (object);
}

static void
ui_bubble_class_init (UiBubbleClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = ui_bubble_dispose;
  widget_class->measure = ui_bubble_measure;
  widget_class->size_allocate = ui_bubble_size_allocate;
  widget_class->get_request_mode = ui_bubble_get_request_mode;

  signals[SIGNAL_RETRY] = g_signal_new ("retry", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 1, WC_TYPE_ENTRY);
  signals[SIGNAL_REMOVE] = g_signal_new ("remove", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, WC_TYPE_ENTRY);

  gtk_widget_class_install_action (widget_class, "message.copy", NULL, copy_cb);
  gtk_widget_class_install_action (widget_class, "message.copy-link", "s", copy_link_cb);
  gtk_widget_class_install_action (widget_class, "message.retry", NULL, retry_cb);
  gtk_widget_class_install_action (widget_class, "message.remove", NULL, remove_cb);
  gtk_widget_class_set_css_name (widget_class, "bubble");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
ui_bubble_init (UiBubble *self)
{
  self->text = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->text), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (self->text), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (self->text), 0);
  gtk_label_set_selectable (GTK_LABEL (self->text), TRUE);
  gtk_widget_set_parent (self->text, GTK_WIDGET (self));
}

GtkWidget *
ui_bubble_new (void)
{
  return g_object_new (UI_TYPE_BUBBLE, NULL);
}
