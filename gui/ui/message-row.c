/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/message-row.h"

#include <glib/gi18n.h>

#include "ui/clock.h"
#include "ui/delivery.h"
#include "ui/format.h"
#include "ui/timestamp.h"

struct _UiMessageRow
{
  GtkWidget parent;
  WcEntry *entry;
  UiMessageRowContext context; /* its peer is the row's own */
  gulong changed_id;

  GtkWidget *heading; /* each made when first needed */
  GtkWidget *divider;
  GtkWidget *bubble;
  GtkWidget *event;
  GtkWidget *again;   /* inside event */
};

G_DEFINE_FINAL_TYPE (UiMessageRow, ui_message_row, GTK_TYPE_WIDGET)

enum
{
  SIGNAL_RETRY,
  SIGNAL_REMOVE,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

/* As ui_format_event(), and when it was where that is worth saying. */
static char *
event_text (WcEntry *entry, const UiMessageRowContext *context)
{
  g_autofree char *time = ui_time_of_day (wc_entry_get_time (entry));

  if (wc_entry_get_event (entry) == WC_EVENT_STARTED && time)
    /* Translators: %s is a time of day */
    return g_strdup_printf (_("Chat started %s"), time);
  return ui_format_event (wc_entry_get_event (entry), context->peer, context->idle_minutes);
}

/* NULL where starting (again) makes no sense. */
static const char *
again_label (WcEvent event)
{
  switch (event)
    {
    case WC_EVENT_ENDED_BY_ME:
    case WC_EVENT_ENDED_BY_PEER:
    case WC_EVENT_TIMED_OUT:
    case WC_EVENT_LOST:
      return _("Start Again");
    case WC_EVENT_OFFLINE:
    case WC_EVENT_BUSY:
    case WC_EVENT_UNKNOWN:
    case WC_EVENT_UNREACHABLE:
      return _("Try Again");
    case WC_EVENT_NONE:
    case WC_EVENT_STARTED:
    case WC_EVENT_SELF:
    default:
      return NULL;
    }
}

char *
ui_message_row_describe (WcEntry *entry, const UiMessageRowContext *context)
{
  g_autofree char *time = ui_time_of_day (wc_entry_get_time (entry));
  const char *who, *text, *state;
  g_autofree char *said = NULL;

  if (wc_entry_get_kind (entry) == WC_ENTRY_EVENT)
    return event_text (entry, context);
  who = wc_entry_get_own (entry) ? _("You") : wc_entry_get_from (entry);
  text = wc_entry_get_text (entry);
  if (time)
    /* Translators: a message read aloud: sender, time of day, text */
    said = g_strdup_printf (_("%s, %s: %s"), who, time, text);
  else
    /* Translators: a message read aloud whose time is not known: sender, text */
    said = g_strdup_printf (_("%s: %s"), who, text);
  state = wc_entry_get_own (entry) ? ui_delivery_name (wc_entry_get_delivery (entry)) : NULL;
  if (state == NULL)
    return g_steal_pointer (&said);
  /* Translators: an own message read aloud, and its state such as "Delivered" */
  return g_strdup_printf (_("%s (%s)"), said, state);
}

/* The list is made of the row's parents: it is those that an assistive technology reads. */
static void
update_description (UiMessageRow *self)
{
  GtkWidget *item = gtk_widget_get_parent (GTK_WIDGET (self));
  g_autofree char *text = ui_message_row_describe (self->entry, &self->context);

  if (item)
    gtk_accessible_update_property (GTK_ACCESSIBLE (item), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void
changed_cb (WcEntry *entry, GParamSpec *pspec, UiMessageRow *self)
{
  update_description (self);
}

static void
retry_cb (UiBubble *bubble, WcEntry *entry, UiMessageRow *self)
{
  g_signal_emit (self, signals[SIGNAL_RETRY], 0, entry);
}

static void
remove_cb (UiBubble *bubble, WcEntry *entry, UiMessageRow *self)
{
  g_signal_emit (self, signals[SIGNAL_REMOVE], 0, entry);
}

static GtkWidget *
make_label (const char *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, css_class);
  return label;
}

/* A line to either side of the words. */
static GtkWidget *
make_divider (void)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *label = make_label ("new-messages-label");

  for (int i = 0; i < 2; i++)
    {
      GtkWidget *line = gtk_separator_new (GTK_ORIENTATION_HORIZONTAL);

      gtk_widget_set_hexpand (line, TRUE);
      gtk_widget_set_valign (line, GTK_ALIGN_CENTER);
      gtk_box_append (GTK_BOX (box), line);
    }
  gtk_box_insert_child_after (GTK_BOX (box), label, gtk_widget_get_first_child (box));
  gtk_widget_add_css_class (box, "new-messages");
  return box;
}

static GtkWidget *
make_event (UiMessageRow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_justify (GTK_LABEL (label), GTK_JUSTIFY_CENTER);
  gtk_widget_add_css_class (label, "chat-event");
  self->again = gtk_button_new ();
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->again), "chat.start");
  gtk_widget_set_valign (self->again, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (self->again, "message-button");
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), self->again);
  gtk_widget_set_halign (box, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (box, "chat-event-row");
  return box;
}

static void
show_heading (UiMessageRow *self)
{
  gboolean wanted = self->context.flags & UI_GROUP_NEW_DAY;

  if (wanted && self->heading == NULL)
    {
      self->heading = make_label ("day-heading");
      gtk_widget_set_parent (self->heading, GTK_WIDGET (self));
    }
  if (wanted)
    {
      g_autofree char *day = ui_day_name (wc_entry_get_time (self->entry), ui_now ());
      gtk_label_set_text (GTK_LABEL (self->heading), day);
    }
  if (self->heading)
    gtk_widget_set_visible (self->heading, wanted);
}

static void
show_divider (UiMessageRow *self)
{
  guint n = self->context.new_messages;

  if (n > 0 && self->divider == NULL)
    {
      self->divider = make_divider ();
      gtk_widget_set_parent (self->divider, GTK_WIDGET (self));
    }
  if (n > 0)
    {
      GtkWidget *label = gtk_widget_get_next_sibling (gtk_widget_get_first_child (self->divider));
      g_autofree char *text = g_strdup_printf (ngettext ("%u new message", "%u new messages", n), n);

      gtk_label_set_text (GTK_LABEL (label), text);
    }
  if (self->divider)
    gtk_widget_set_visible (self->divider, n > 0);
}

static void
show_message (UiMessageRow *self)
{
  if (self->bubble == NULL)
    {
      self->bubble = ui_bubble_new ();
      g_signal_connect (self->bubble, "retry", G_CALLBACK (retry_cb), self);
      g_signal_connect (self->bubble, "remove", G_CALLBACK (remove_cb), self);
      gtk_widget_set_parent (self->bubble, GTK_WIDGET (self));
    }
  ui_bubble_set_entry (UI_BUBBLE (self->bubble), self->entry, self->context.flags);
}

static void
show_event (UiMessageRow *self)
{
  g_autofree char *text = event_text (self->entry, &self->context);
  const char *again = NULL;

  if (self->event == NULL)
    {
      self->event = make_event (self);
      gtk_widget_set_parent (self->event, GTK_WIDGET (self));
    }
  gtk_label_set_text (GTK_LABEL (gtk_widget_get_first_child (self->event)), text);
  /* Only where the chat stands now: what lies further up is past. */
  if (self->context.flags & UI_GROUP_NEWEST)
    again = again_label (wc_entry_get_event (self->entry));
  gtk_widget_set_visible (self->again, again != NULL);
  if (again)
    gtk_button_set_label (GTK_BUTTON (self->again), again);
}

static void
forget_entry (UiMessageRow *self)
{
  if (self->entry)
    g_clear_signal_handler (&self->changed_id, self->entry);
  g_clear_object (&self->entry);
  g_clear_pointer ((char **) &self->context.peer, g_free);
}

void
ui_message_row_set_entry (UiMessageRow *self, WcEntry *entry, const UiMessageRowContext *context)
{
  gboolean is_message;

  g_return_if_fail (UI_IS_MESSAGE_ROW (self));

  if (entry != self->entry)
    {
      forget_entry (self);
      if (entry == NULL)
        {
          if (self->bubble)
            ui_bubble_set_entry (UI_BUBBLE (self->bubble), NULL, 0);
          return;
        }
      self->entry = g_object_ref (entry);
      self->changed_id = g_signal_connect (entry, "notify", G_CALLBACK (changed_cb), self);
    }
  else if (entry == NULL)
    {
      return;
    }
  g_autofree char *old_peer = (char *) self->context.peer;
  self->context = *context;
  self->context.peer = g_strdup (context->peer);
  is_message = wc_entry_get_kind (entry) == WC_ENTRY_MESSAGE;
  show_heading (self);
  show_divider (self);
  if (is_message)
    show_message (self);
  else
    show_event (self);
  if (self->bubble)
    gtk_widget_set_visible (self->bubble, is_message);
  if (self->event)
    gtk_widget_set_visible (self->event, !is_message);
  update_description (self);
}

WcEntry *
ui_message_row_get_entry (UiMessageRow *self)
{
  g_return_val_if_fail (UI_IS_MESSAGE_ROW (self), NULL);
  return self->entry;
}

UiBubble *
ui_message_row_get_bubble (UiMessageRow *self)
{
  g_return_val_if_fail (UI_IS_MESSAGE_ROW (self), NULL);
  return self->bubble && gtk_widget_get_visible (self->bubble) ? UI_BUBBLE (self->bubble) : NULL;
}

gboolean
ui_message_row_has_heading (UiMessageRow *self)
{
  g_return_val_if_fail (UI_IS_MESSAGE_ROW (self), FALSE);
  return self->heading && gtk_widget_get_visible (self->heading);
}

/* Children in the order in which they stand, whatever the order in which they were made. */
static void
get_children (UiMessageRow *self, GtkWidget *children[4])
{
  children[0] = self->heading;
  children[1] = self->divider;
  children[2] = self->bubble;
  children[3] = self->event;
}

static void
ui_message_row_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                        int *minimum_baseline, int *natural_baseline)
{
  GtkWidget *children[4];

  *minimum = *natural = 0;
  *minimum_baseline = *natural_baseline = -1;
  get_children (UI_MESSAGE_ROW (widget), children);
  for (gsize i = 0; i < G_N_ELEMENTS (children); i++)
    {
      int least, most;

      if (children[i] == NULL || !gtk_widget_get_visible (children[i]))
        continue;
      gtk_widget_measure (children[i], orientation, for_size, &least, &most, NULL, NULL);
      if (orientation == GTK_ORIENTATION_HORIZONTAL)
        {
          *minimum = MAX (*minimum, least);
          *natural = MAX (*natural, most);
        }
      else
        {
          *minimum += most;
          *natural += most;
        }
    }
}

static void
ui_message_row_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  GtkWidget *children[4];
  int y = 0;

  get_children (UI_MESSAGE_ROW (widget), children);
  for (gsize i = 0; i < G_N_ELEMENTS (children); i++)
    {
      int child_height;

      if (children[i] == NULL || !gtk_widget_get_visible (children[i]))
        continue;
      gtk_widget_measure (children[i], GTK_ORIENTATION_VERTICAL, width, NULL, &child_height, NULL, NULL);
      gtk_widget_size_allocate (children[i], &(GtkAllocation){ 0, y, width, child_height }, -1);
      y += child_height;
    }
}

static GtkSizeRequestMode
ui_message_row_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
ui_message_row_dispose (GObject *object)
{
  UiMessageRow *self = UI_MESSAGE_ROW (object);

  forget_entry (self);
  self->again = NULL;
  g_clear_pointer (&self->heading, gtk_widget_unparent);
  g_clear_pointer (&self->divider, gtk_widget_unparent);
  g_clear_pointer (&self->bubble, gtk_widget_unparent);
  g_clear_pointer (&self->event, gtk_widget_unparent);
  G_OBJECT_CLASS (ui_message_row_parent_class)->dispose (object);
}

static void
ui_message_row_class_init (UiMessageRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = ui_message_row_dispose;
  widget_class->measure = ui_message_row_measure;
  widget_class->size_allocate = ui_message_row_size_allocate;
  widget_class->get_request_mode = ui_message_row_get_request_mode;

  signals[SIGNAL_RETRY] = g_signal_new ("retry", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 1, WC_TYPE_ENTRY);
  signals[SIGNAL_REMOVE] = g_signal_new ("remove", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, WC_TYPE_ENTRY);
  gtk_widget_class_set_css_name (widget_class, "message");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
ui_message_row_init (UiMessageRow *self)
{
}

GtkWidget *
ui_message_row_new (void)
{
  return g_object_new (UI_TYPE_MESSAGE_ROW, NULL);
}
