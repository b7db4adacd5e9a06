/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/connection-banner.h"

#include <glib/gi18n.h>

#include "ui/trouble.h"

#define PATIENCE_MS 1000 /* an interruption that is over sooner is not worth a word */

struct _UiConnectionBanner
{
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkRevealer *revealer;
  GtkLabel *label;
  GtkWidget *retry_button;
  GtkSpinner *spinner;
  GtkRevealer *cache_revealer;
  GtkLabel *cache_label;

  WcClient *client;
  char *text;
  gboolean wanted;
  gboolean lasting;       /* it has been away for long enough to say so */
  guint patience_source;  /* until then */
  guint countdown_source; /* while the seconds count down before somebody's eyes */
};

G_DEFINE_FINAL_TYPE (UiConnectionBanner, ui_connection_banner, GTK_TYPE_WIDGET)

enum
{
  PROP_CLIENT = 1,
  PROP_WANTED,
  PROP_TEXT,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static void update (UiConnectionBanner *self);

static void
reveal (GtkRevealer *revealer, gboolean shown)
{
  if (shown)
    gtk_widget_set_visible (GTK_WIDGET (revealer), TRUE);
  gtk_revealer_set_reveal_child (revealer, shown);
}

static char *
waiting_text (WcClient *client)
{
  g_autofree char *brief = ui_trouble_brief (wc_client_get_error (client), wc_client_get_server (client));
  const gint64 left = wc_client_get_retry_time (client) - g_get_monotonic_time ();
  const guint seconds = (guint) MAX (1, (left + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);

  /* Translators: %s is what is wrong, without a full stop; %u are seconds. */
  return g_strdup_printf (_("%s. Trying again in %u s."), brief, seconds);
}

static void
set_text (UiConnectionBanner *self, char *text)
{
  g_autofree char *owned = text;

  if (g_strcmp0 (self->text, text) == 0)
    return;
  g_free (self->text);
  self->text = g_steal_pointer (&owned);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TEXT]);
}

static void
update_text (UiConnectionBanner *self)
{
  const WcState state = self->client ? wc_client_get_state (self->client) : WC_STATE_OFFLINE;

  if (state == WC_STATE_WAITING)
    set_text (self, waiting_text (self->client));
  else if (state == WC_STATE_CONNECTING || state == WC_STATE_AUTHENTICATING)
    set_text (self, g_strdup_printf (_("Connecting to %s…"), wc_client_get_server (self->client)));
}

static gboolean
patience_cb (gpointer user_data)
{
  UiConnectionBanner *self = user_data;

  self->patience_source = 0;
  self->lasting = TRUE;
  update (self);
  return G_SOURCE_REMOVE;
}

/* Many a connection is lost and is back in the same moment. */
static void
update_lasting (UiConnectionBanner *self, gboolean away)
{
  if (!away)
    {
      self->lasting = FALSE;
      g_clear_handle_id (&self->patience_source, g_source_remove);
    }
  else if (!self->lasting && !self->patience_source)
    {
      self->patience_source = g_timeout_add (PATIENCE_MS, patience_cb, self);
    }
}

static void
update_cache (UiConnectionBanner *self)
{
  const GError *error = self->client ? wc_client_get_cache_error (self->client) : NULL;

  if (error)
    {
      g_autofree char *why = ui_trouble_message (error);
      /* Translators: %s is why, such as "The disk is full." */
      g_autofree char *text = g_strdup_printf (_("What is new is not kept on this computer. %s"), why);

      gtk_label_set_text (self->cache_label, text);
      gtk_widget_set_tooltip_text (GTK_WIDGET (self->cache_label), error->message);
    }
  reveal (self->cache_revealer, self->wanted && error);
}

static gboolean
countdown_cb (gpointer user_data)
{
  update_text (user_data);
  return G_SOURCE_CONTINUE;
}

static void
update (UiConnectionBanner *self)
{
  const WcState state = self->client ? wc_client_get_state (self->client) : WC_STATE_OFFLINE;
  const gboolean waiting = state == WC_STATE_WAITING;
  const gboolean trying = state == WC_STATE_CONNECTING || state == WC_STATE_AUTHENTICATING;
  const gboolean shown = self->wanted && (waiting || trying);
  const gboolean counts = waiting && self->wanted && gtk_widget_get_mapped (GTK_WIDGET (self));

  update_text (self);
  update_lasting (self, shown);
  update_cache (self);
  gtk_widget_set_visible (self->retry_button, waiting);
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), trying);
  gtk_spinner_set_spinning (self->spinner, trying && self->wanted);
  reveal (self->revealer, shown && self->lasting);

  if (counts && !self->countdown_source)
    self->countdown_source = g_timeout_add_seconds (1, countdown_cb, self);
  else if (!counts)
    g_clear_handle_id (&self->countdown_source, g_source_remove);
}

/* Sliding out takes away its height only: it would still hold the pane wide. */
static void
child_revealed_cb (UiConnectionBanner *self, GParamSpec *pspec, GtkRevealer *revealer)
{
  if (!gtk_revealer_get_reveal_child (revealer) && !gtk_revealer_get_child_revealed (revealer))
    gtk_widget_set_visible (GTK_WIDGET (revealer), FALSE);
}

static void
retry_cb (UiConnectionBanner *self)
{
  wc_client_retry_now (self->client);
}

static void
set_client (UiConnectionBanner *self, WcClient *client)
{
  if (self->client == client)
    return;

  if (self->client)
    g_signal_handlers_disconnect_by_func (self->client, update, self);
  g_set_object (&self->client, client);
  if (client)
    {
      g_signal_connect_swapped (client, "notify::state", G_CALLBACK (update), self);
      g_signal_connect_swapped (client, "notify::retry-time", G_CALLBACK (update), self);
      g_signal_connect_swapped (client, "notify::error", G_CALLBACK (update), self);
      g_signal_connect_swapped (client, "notify::cache-error", G_CALLBACK (update), self);
    }
  update (self);
}

static void
ui_connection_banner_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (ui_connection_banner_parent_class)->map (widget);
  update (UI_CONNECTION_BANNER (widget));
}

static void
ui_connection_banner_unmap (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (ui_connection_banner_parent_class)->unmap (widget);
  update (UI_CONNECTION_BANNER (widget));
}

static void
ui_connection_banner_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiConnectionBanner *self = UI_CONNECTION_BANNER (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, self->client);
      break;
    case PROP_WANTED:
      g_value_set_boolean (value, self->wanted);
      break;
    case PROP_TEXT:
      g_value_set_string (value, self->text);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_connection_banner_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiConnectionBanner *self = UI_CONNECTION_BANNER (object);

  switch (id)
    {
    case PROP_CLIENT:
      set_client (self, g_value_get_object (value));
      break;
    case PROP_WANTED:
      self->wanted = g_value_get_boolean (value);
      update (self);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_connection_banner_dispose (GObject *object)
{
  UiConnectionBanner *self = UI_CONNECTION_BANNER (object);

  if (self->client)
    g_signal_handlers_disconnect_by_func (self->client, update, self);
  g_clear_object (&self->client);
  g_clear_handle_id (&self->patience_source, g_source_remove);
  g_clear_handle_id (&self->countdown_source, g_source_remove);
  g_clear_pointer (&self->content, gtk_widget_unparent);

  G_OBJECT_CLASS (ui_connection_banner_parent_class)->dispose (object);
}

static void
ui_connection_banner_finalize (GObject *object)
{
  UiConnectionBanner *self = UI_CONNECTION_BANNER (object);

  g_assert (self->countdown_source == 0 && self->patience_source == 0);
  g_free (self->text);

  G_OBJECT_CLASS (ui_connection_banner_parent_class)->finalize (object);
}

static void
ui_connection_banner_class_init (UiConnectionBannerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ui_connection_banner_get_property;
  object_class->set_property = ui_connection_banner_set_property;
  object_class->dispose = ui_connection_banner_dispose;
  object_class->finalize = ui_connection_banner_finalize;
  widget_class->map = ui_connection_banner_map;
  widget_class->unmap = ui_connection_banner_unmap;

  props[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, WC_TYPE_CLIENT, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  props[PROP_WANTED] = g_param_spec_boolean ("wanted", NULL, NULL, TRUE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  props[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, "", G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/connection-banner.ui");
  gtk_widget_class_bind_template_child (widget_class, UiConnectionBanner, content);
  gtk_widget_class_bind_template_child (widget_class, UiConnectionBanner, cache_revealer);
  gtk_widget_class_bind_template_child (widget_class, UiConnectionBanner, cache_label);
  gtk_widget_class_bind_template_child (widget_class, UiConnectionBanner, revealer);
  gtk_widget_class_bind_template_child (widget_class, UiConnectionBanner, label);
  gtk_widget_class_bind_template_child (widget_class, UiConnectionBanner, retry_button);
  gtk_widget_class_bind_template_child (widget_class, UiConnectionBanner, spinner);
  gtk_widget_class_bind_template_callback (widget_class, child_revealed_cb);
  gtk_widget_class_bind_template_callback (widget_class, retry_cb);
}

static void
ui_connection_banner_init (UiConnectionBanner *self)
{
  self->wanted = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
ui_connection_banner_new (WcClient *client)
{
  return g_object_new (UI_TYPE_CONNECTION_BANNER, "client", client, NULL);
}
