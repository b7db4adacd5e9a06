/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/date-popover.h"

#include <glib/gi18n.h>

#include "ui/pages.h"

struct _UiDatePopover
{
  GtkPopover parent;
  GtkCalendar *calendar;
  GtkWidget *note;
  GtkWidget *go;
  UiPages *pages;
  GtkSpinner *spinner;

  WcLog *log;
  int year;  /* the month that is marked, or being marked; 0: none */
  int month; /* from 1 */
  GCancellable *marking;
  GCancellable *jumping;
};

G_DEFINE_FINAL_TYPE (UiDatePopover, ui_date_popover, GTK_TYPE_POPOVER)

enum
{
  PROP_LOG = 1,
  N_PROPS
};
static GParamSpec *props[N_PROPS];

enum
{
  SIGNAL_JUMPED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void
cancel (GCancellable **cancellable)
{
  if (*cancellable)
    g_cancellable_cancel (*cancellable);
  g_clear_object (cancellable);
}

/* Only the first line is for a person; NULL takes the note away. */
static void
show_note (UiDatePopover *self, const char *text)
{
  g_autofree char *line = g_strdup (text ? text : "");

  g_strdelimit (line, "\n", '\0');
  gtk_label_set_text (GTK_LABEL (self->note), line);
  gtk_widget_set_visible (self->note, text != NULL);
}

static void
show_busy (UiDatePopover *self, gboolean busy)
{
  ui_pages_set_page (self->pages, busy ? "spinner" : "page_label");
  gtk_spinner_set_spinning (self->spinner, busy);
}

static void
marked_cb (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (UiDatePopover) self = data;
  g_autoptr (GError) error = NULL;
  guint32 days = 0;

  if (!wc_log_mark_days_finish (WC_LOG (object), result, &days, &error))
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        show_note (self, error->message);
      return;
    }
  g_clear_object (&self->marking);
  for (guint day = 1; day <= 31; day++)
    if (days & ((guint32) 1 << (day - 1)))
      gtk_calendar_mark_day (self->calendar, day);
}

static void
mark_month (UiDatePopover *self)
{
  g_autoptr (GDateTime) date = gtk_calendar_get_date (self->calendar);

  self->year = g_date_time_get_year (date);
  self->month = g_date_time_get_month (date);
  gtk_calendar_clear_marks (self->calendar);
  show_note (self, NULL);
  cancel (&self->marking);
  if (self->log == NULL)
    return;
  self->marking = g_cancellable_new ();
  wc_log_mark_days_async (self->log, self->year, self->month, self->marking, marked_cb, g_object_ref (self));
}

static void
jumped_cb (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (UiDatePopover) self = data;
  g_autoptr (GError) error = NULL;
  int position = wc_log_jump_to_date_finish (WC_LOG (object), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->jumping);
  show_busy (self, FALSE);
  if (position < 0)
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        show_note (self, _("There is no message on this day or later."));
      else
        show_note (self, error->message);
      return;
    }
  gtk_popover_popdown (GTK_POPOVER (self));
  g_signal_emit (self, signals[SIGNAL_JUMPED], 0, (guint) position);
}

static void
jump (UiDatePopover *self)
{
  g_autoptr (GDateTime) day = gtk_calendar_get_date (self->calendar);

  if (self->log == NULL)
    return;
  cancel (&self->jumping);
  self->jumping = g_cancellable_new ();
  show_note (self, NULL);
  show_busy (self, TRUE);
  wc_log_jump_to_date_async (self->log, day, self->jumping, jumped_cb, g_object_ref (self));
}

static void
month_turned_cb (GtkCalendar *calendar, UiDatePopover *self)
{
  mark_month (self);
}

/* Also emitted when a day of another month turns to that: it chooses no day yet. */
static void
day_selected_cb (GtkCalendar *calendar, UiDatePopover *self)
{
  g_autoptr (GDateTime) date = gtk_calendar_get_date (calendar);

  if (!gtk_widget_get_visible (GTK_WIDGET (self)))
    return;
  if (g_date_time_get_year (date) != self->year || g_date_time_get_month (date) != self->month)
    mark_month (self);
  else
    jump (self);
}

static void
go_clicked_cb (GtkButton *button, UiDatePopover *self)
{
  jump (self);
}

static void
show_cb (UiDatePopover *self, gpointer data)
{
  mark_month (self);
}

static void
closed_cb (UiDatePopover *self, gpointer data)
{
  cancel (&self->marking);
  cancel (&self->jumping);
  show_busy (self, FALSE);
}

void
ui_date_popover_set_log (UiDatePopover *self, WcLog *log)
{
  g_return_if_fail (UI_IS_DATE_POPOVER (self));

  if (self->log == log)
    return;
  closed_cb (self, NULL);
  g_set_object (&self->log, log);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LOG]);
}

static void
ui_date_popover_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_LOG)
    ui_date_popover_set_log (UI_DATE_POPOVER (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ui_date_popover_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_LOG)
    g_value_set_object (value, UI_DATE_POPOVER (object)->log);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ui_date_popover_dispose (GObject *object)
{
  UiDatePopover *self = UI_DATE_POPOVER (object);

  cancel (&self->marking);
  cancel (&self->jumping);
  g_clear_object (&self->log);
  G_OBJECT_CLASS (ui_date_popover_parent_class)->dispose (object);
}

static void
ui_date_popover_class_init (UiDatePopoverClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = ui_date_popover_dispose;
  object_class->get_property = ui_date_popover_get_property;
  object_class->set_property = ui_date_popover_set_property;
  props[PROP_LOG] = g_param_spec_object ("log", NULL, NULL, WC_TYPE_LOG,
                                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[SIGNAL_JUMPED] = g_signal_new ("jumped", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, G_TYPE_UINT);

  g_type_ensure (UI_TYPE_PAGES);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/date-popover.ui");
  gtk_widget_class_bind_template_child (widget_class, UiDatePopover, calendar);
  gtk_widget_class_bind_template_child (widget_class, UiDatePopover, note);
  gtk_widget_class_bind_template_child (widget_class, UiDatePopover, go);
  gtk_widget_class_bind_template_child (widget_class, UiDatePopover, pages);
  gtk_widget_class_bind_template_child (widget_class, UiDatePopover, spinner);
  gtk_widget_class_bind_template_callback (widget_class, show_cb);
  gtk_widget_class_bind_template_callback (widget_class, closed_cb);
  gtk_widget_class_bind_template_callback (widget_class, day_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, month_turned_cb);
  gtk_widget_class_bind_template_callback (widget_class, go_clicked_cb);
}

/* The calendar's arrows have pictures only. */
static guint
name_arrows (GtkWidget *widget, guint n)
{
  const char *names[] = { _("Previous Month"), _("Next Month"), _("Previous Year"), _("Next Year") };

  if (GTK_IS_BUTTON (widget) && n < G_N_ELEMENTS (names))
    gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, names[n++], -1);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child))
    n = name_arrows (child, n);
  return n;
}

static void
ui_date_popover_init (UiDatePopover *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  name_arrows (GTK_WIDGET (self->calendar), 0);
  show_busy (self, FALSE);
}

GtkWidget *
ui_date_popover_new (void)
{
  return g_object_new (UI_TYPE_DATE_POPOVER, NULL);
}
