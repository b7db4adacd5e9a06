/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/composer.h"

#include <string.h>

#include <glib/gi18n.h>

#include "shared/limits.h"

#define LINES_MAX 8
#define COUNT_FROM (WIRE_TEXT_MAX - 512) /* bytes from which on it is said how many are left */

struct _UiComposer
{
  GtkWidget parent;
  GtkWidget *box;
  GtkWidget *scroller;
  GtkTextView *view;
  GtkTextBuffer *buffer;
  GtkWidget *placeholder;
  GtkWidget *note;
  GtkWidget *emoji;
  char *peer;
  char *trouble;
  gboolean by_user; /* a change that is under way is the person's own */
  gboolean preediting; /* an input method holds text that is not in the buffer yet */
};

G_DEFINE_FINAL_TYPE (UiComposer, ui_composer, GTK_TYPE_WIDGET)

enum
{
  PROP_TEXT = 1,
  PROP_PEER,
  PROP_TROUBLE,
  N_PROPS
};
static GParamSpec *props[N_PROPS];

enum
{
  SIGNAL_SEND,
  SIGNAL_TYPED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

char *
ui_composer_dup_text (UiComposer *self)
{
  GtkTextIter start, end;

  g_return_val_if_fail (UI_IS_COMPOSER (self), NULL);

  gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  return gtk_text_buffer_get_text (self->buffer, &start, &end, FALSE);
}

/* As it is sent: without the white space around it. */
static char *
dup_message (UiComposer *self)
{
  return g_strstrip (ui_composer_dup_text (self));
}

/* White space of any script. */
static gboolean
is_blank (const char *text)
{
  while (*text && g_unichar_isspace (g_utf8_get_char (text)))
    text = g_utf8_next_char (text);
  return *text == '\0';
}

static gboolean
can_send (const char *message)
{
  return !is_blank (message) && strlen (message) <= WIRE_TEXT_MAX;
}

static void
update_note (UiComposer *self, gsize length)
{
  g_autofree char *count = NULL;
  const char *note = self->trouble;
  gboolean error = note != NULL;

  if (length > WIRE_TEXT_MAX)
    {
      gulong over = length - WIRE_TEXT_MAX;

      note = count = g_strdup_printf (ngettext ("Too long by %lu byte: shorten it, or send it in parts",
                                                "Too long by %lu bytes: shorten it, or send it in parts", over),
                                      over);
      error = TRUE;
    }
  else if (length >= COUNT_FROM && !error)
    {
      gulong left = WIRE_TEXT_MAX - length;

      note = count = g_strdup_printf (ngettext ("%lu byte left", "%lu bytes left", left), left);
    }
  gtk_widget_set_visible (self->note, note != NULL);
  gtk_label_set_text (GTK_LABEL (self->note), note ? note : "");
  if (error)
    gtk_widget_add_css_class (self->note, "error");
  else
    gtk_widget_remove_css_class (self->note, "error");
}

static void
update (UiComposer *self)
{
  g_autofree char *message = dup_message (self);
  gsize length = strlen (message);
  gboolean empty = gtk_text_buffer_get_char_count (self->buffer) == 0;

  gtk_widget_set_visible (self->placeholder, empty && !self->preediting);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "composer.send", can_send (message));
  update_note (self, length);
}

void
ui_composer_set_trouble (UiComposer *self, const char *trouble)
{
  g_return_if_fail (UI_IS_COMPOSER (self));

  if (g_strcmp0 (trouble, self->trouble) == 0)
    return;
  g_free (self->trouble);
  self->trouble = g_strdup (trouble);
  update (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TROUBLE]);
}

static void
buffer_changed_cb (GtkTextBuffer *buffer, UiComposer *self)
{
  ui_composer_set_trouble (self, NULL);
  update (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TEXT]);
  if (self->by_user && gtk_text_buffer_get_char_count (buffer) > 0)
    g_signal_emit (self, signals[SIGNAL_TYPED], 0);
}

static void
begin_user_action_cb (GtkTextBuffer *buffer, UiComposer *self)
{
  self->by_user = TRUE;
}

static void
end_user_action_cb (GtkTextBuffer *buffer, UiComposer *self)
{
  self->by_user = FALSE;
}

static void
preedit_changed_cb (GtkTextView *view, const char *preedit, UiComposer *self)
{
  self->preediting = preedit && *preedit;
  update (self);
}

static void
send_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  UiComposer *self = UI_COMPOSER (widget);
  g_autofree char *message = dup_message (self);
  gboolean taken = FALSE;

  if (!can_send (message))
    return;
  g_signal_emit (self, signals[SIGNAL_SEND], 0, message, &taken);
  if (taken)
    gtk_text_buffer_set_text (self->buffer, "", 0);
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

static void
emoji_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  UiComposer *self = UI_COMPOSER (widget);

  gtk_widget_grab_focus (GTK_WIDGET (self->view));
  g_signal_emit_by_name (self->view, "insert-emoji");
}

static gboolean
is_enter (guint keyval)
{
  return keyval == GDK_KEY_Return || keyval == GDK_KEY_KP_Enter || keyval == GDK_KEY_ISO_Enter;
}

/* In the capture phase: the text view would break the line. While an input method composes, Enter is the method's. */
static gboolean
key_pressed_cb (GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state, UiComposer *self)
{
  GdkEvent *event = gtk_event_controller_get_current_event (GTK_EVENT_CONTROLLER (controller));

  if (!is_enter (keyval) || state & (GDK_SHIFT_MASK | GDK_ALT_MASK) || self->preediting)
    return GDK_EVENT_PROPAGATE;
  if (event && gtk_text_view_im_context_filter_keypress (self->view, event))
    return GDK_EVENT_STOP;
  gtk_widget_activate_action (GTK_WIDGET (self), "composer.send", NULL);
  return GDK_EVENT_STOP;
}

/* Eight lines of the font that is used, as many pixels as that may be. */
static void
update_height (UiComposer *self)
{
  PangoContext *context = gtk_widget_get_pango_context (GTK_WIDGET (self->view));
  PangoFontMetrics *metrics = pango_context_get_metrics (context, NULL, NULL);
  int line = PANGO_PIXELS_CEIL (pango_font_metrics_get_height (metrics));
  int around = gtk_text_view_get_top_margin (self->view) + gtk_text_view_get_bottom_margin (self->view);

  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (self->scroller), LINES_MAX * line + around);
  pango_font_metrics_unref (metrics);
}

static void
ui_composer_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  UiComposer *self = UI_COMPOSER (widget);

  GTK_WIDGET_CLASS (ui_composer_parent_class)->css_changed (widget, change);
  if (self->view)
    update_height (self);
}

/* A widget that grabs the focus for a child would otherwise also take it when the focus moves out of it. */
static gboolean
ui_composer_focus (GtkWidget *widget, GtkDirectionType direction)
{
  return gtk_widget_child_focus (UI_COMPOSER (widget)->box, direction);
}

static gboolean
ui_composer_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (UI_COMPOSER (widget)->view));
}

static void
set_peer (UiComposer *self, const char *peer)
{
  /* Translators: %s is a person */
  g_autofree char *hint = g_strdup_printf (_("Message %s"), peer ? peer : "");

  g_free (self->peer);
  self->peer = g_strdup (peer);
  gtk_label_set_text (GTK_LABEL (self->placeholder), hint);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL, hint,
                                  GTK_ACCESSIBLE_PROPERTY_MULTI_LINE, TRUE, -1);
}

static void
set_text (UiComposer *self, const char *text)
{
  g_autofree char *old = ui_composer_dup_text (self);

  if (text == NULL)
    text = "";
  if (!g_str_equal (text, old))
    gtk_text_buffer_set_text (self->buffer, text, -1);
}

static void
ui_composer_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiComposer *self = UI_COMPOSER (object);

  switch (id)
    {
    case PROP_TEXT:
      set_text (self, g_value_get_string (value));
      break;
    case PROP_PEER:
      set_peer (self, g_value_get_string (value));
      break;
    case PROP_TROUBLE:
      ui_composer_set_trouble (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_composer_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiComposer *self = UI_COMPOSER (object);

  switch (id)
    {
    case PROP_TEXT:
      g_value_take_string (value, ui_composer_dup_text (self));
      break;
    case PROP_PEER:
      g_value_set_string (value, self->peer);
      break;
    case PROP_TROUBLE:
      g_value_set_string (value, self->trouble);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_composer_dispose (GObject *object)
{
  UiComposer *self = UI_COMPOSER (object);

  self->view = NULL;
  g_clear_pointer (&self->box, gtk_widget_unparent);
  G_OBJECT_CLASS (ui_composer_parent_class)->dispose (object);
}

static void
ui_composer_finalize (GObject *object)
{
  UiComposer *self = UI_COMPOSER (object);

  g_free (self->peer);
  g_free (self->trouble);
  G_OBJECT_CLASS (ui_composer_parent_class)->finalize (object);
}

static void
ui_composer_class_init (UiComposerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = ui_composer_dispose;
  object_class->finalize = ui_composer_finalize;
  object_class->get_property = ui_composer_get_property;
  object_class->set_property = ui_composer_set_property;
  widget_class->focus = ui_composer_focus;
  widget_class->grab_focus = ui_composer_grab_focus;
  widget_class->css_changed = ui_composer_css_changed;

  props[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, "", flags);
  props[PROP_PEER] = g_param_spec_string ("peer", NULL, NULL, NULL, flags);
  props[PROP_TROUBLE] = g_param_spec_string ("trouble", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[SIGNAL_SEND] = g_signal_new ("send", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                       g_signal_accumulator_true_handled, NULL, NULL, G_TYPE_BOOLEAN, 1, G_TYPE_STRING);

  signals[SIGNAL_TYPED] = g_signal_new ("typed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_install_action (widget_class, "composer.send", NULL, send_cb);
  gtk_widget_class_install_action (widget_class, "composer.emoji", NULL, emoji_cb);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/composer.ui");
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "composer");
  gtk_widget_class_bind_template_child (widget_class, UiComposer, box);
  gtk_widget_class_bind_template_child (widget_class, UiComposer, scroller);
  gtk_widget_class_bind_template_child (widget_class, UiComposer, view);
  gtk_widget_class_bind_template_child (widget_class, UiComposer, buffer);
  gtk_widget_class_bind_template_child (widget_class, UiComposer, placeholder);
  gtk_widget_class_bind_template_child (widget_class, UiComposer, note);
  gtk_widget_class_bind_template_child (widget_class, UiComposer, emoji);
  gtk_widget_class_bind_template_callback (widget_class, buffer_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, begin_user_action_cb);
  gtk_widget_class_bind_template_callback (widget_class, end_user_action_cb);
  gtk_widget_class_bind_template_callback (widget_class, preedit_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, key_pressed_cb);
}

static void
ui_composer_init (UiComposer *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  update_height (self);
  update (self);
}

GtkWidget *
ui_composer_new (void)
{
  return g_object_new (UI_TYPE_COMPOSER, NULL);
}
