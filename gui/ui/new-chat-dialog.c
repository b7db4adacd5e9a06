/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/new-chat-dialog.h"

#include "shared/client-id.h"

#include "ui/pages.h"
#include "ui/people-model.h"
#include "ui/person-row.h"

struct _UiNewChatDialog
{
  AdwWindow parent_instance;

  GtkWidget *entry;
  GtkWidget *start_button;
  GtkListView *list;
  GtkSingleSelection *selection;

  WcClient *client;
};

G_DEFINE_FINAL_TYPE (UiNewChatDialog, ui_new_chat_dialog, ADW_TYPE_WINDOW)

enum
{
  PROP_CLIENT = 1,
  N_PROPS
};

enum
{
  SIGNAL_CHOSEN,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

static gboolean
is_client_id (const char *text)
{
  return client_id_is_valid (text, strlen (text));
}

static char *
page_cb (gpointer object, guint n_shown, const char *text)
{
  g_autofree char *typed = g_strstrip (g_strdup (text ? text : ""));

  if (n_shown > 0)
    return g_strdup ("page_people");
  if (!*typed)
    return g_strdup ("page_empty");
  return g_strdup (is_client_id (typed) ? "page_unlisted" : "page_invalid");
}

/* Whom Enter would start a chat with: the row selected, else who is typed, else the only one that the search leaves. The caller owns it. */
static WcConversation *
find_choice (UiNewChatDialog *self)
{
  WcConversation *selected = gtk_single_selection_get_selected_item (self->selection);
  GListModel *model = G_LIST_MODEL (self->selection);
  g_autofree char *typed = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->entry))));
  const guint n = g_list_model_get_n_items (model);

  if (selected)
    return g_object_ref (selected);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (WcConversation) item = g_list_model_get_item (model, i);

      if (g_str_equal (wc_conversation_get_peer (item), typed))
        return g_steal_pointer (&item);
    }
  if (n > 0)
    return *typed ? g_list_model_get_item (model, 0) : NULL;
  if (is_client_id (typed) && g_strcmp0 (typed, wc_client_get_client_id (self->client)) != 0)
    {
      WcConversation *conversation = wc_client_get_conversation (self->client, typed);

      return conversation ? g_object_ref (conversation) : NULL;
    }
  return NULL;
}

static gboolean
can_start (UiNewChatDialog *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  g_autofree char *typed = g_strstrip (g_strdup (text));

  if (gtk_single_selection_get_selected_item (self->selection))
    return TRUE;
  if (g_list_model_get_n_items (G_LIST_MODEL (self->selection)) > 0)
    return *typed != '\0';
  return is_client_id (typed) && g_strcmp0 (typed, wc_client_get_client_id (self->client)) != 0;
}

static void
update_button (UiNewChatDialog *self)
{
  gtk_widget_set_sensitive (self->start_button, can_start (self));
}

static void
entry_changed_cb (UiNewChatDialog *self)
{
  gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
  update_button (self);
}

static void
start_cb (UiNewChatDialog *self)
{
  g_autoptr (WcConversation) conversation = find_choice (self);

  if (!conversation)
    return;
  g_signal_emit (self, signals[SIGNAL_CHOSEN], 0, conversation);
  gtk_window_close (GTK_WINDOW (self));
}

static void
stop_cb (UiNewChatDialog *self)
{
  gtk_window_close (GTK_WINDOW (self));
}

static void
row_activated_cb (UiNewChatDialog *self, guint position)
{
  gtk_single_selection_set_selected (self->selection, position);
  start_cb (self);
}

static gboolean
entry_key_cb (UiNewChatDialog *self, guint keyval, guint keycode, GdkModifierType state)
{
  if ((keyval == GDK_KEY_Down || keyval == GDK_KEY_KP_Down) && !(state & gtk_accelerator_get_default_mod_mask ()))
    return gtk_widget_child_focus (GTK_WIDGET (self->list), GTK_DIR_TAB_FORWARD);
  return GDK_EVENT_PROPAGATE;
}

static void
row_setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  GtkWidget *row = g_object_new (UI_TYPE_PERSON_ROW, "compact", TRUE, NULL);

  g_object_bind_property (item, "item", row, "conversation", G_BINDING_SYNC_CREATE);
  gtk_list_item_set_child (item, row);
}

static void
ui_new_chat_dialog_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiNewChatDialog *self = UI_NEW_CHAT_DIALOG (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, self->client);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_new_chat_dialog_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiNewChatDialog *self = UI_NEW_CHAT_DIALOG (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_set_object (&self->client, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_new_chat_dialog_dispose (GObject *object)
{
  g_clear_object (&UI_NEW_CHAT_DIALOG (object)->client);

  G_OBJECT_CLASS (ui_new_chat_dialog_parent_class)->dispose (object);
}

static void
ui_new_chat_dialog_class_init (UiNewChatDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ui_new_chat_dialog_get_property;
  object_class->set_property = ui_new_chat_dialog_set_property;
  object_class->dispose = ui_new_chat_dialog_dispose;

  props[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, WC_TYPE_CLIENT, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[SIGNAL_CHOSEN] = g_signal_new ("chosen", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                         WC_TYPE_CONVERSATION);

  g_type_ensure (UI_TYPE_PAGES);
  g_type_ensure (UI_TYPE_PEOPLE_MODEL);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/new-chat-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, UiNewChatDialog, entry);
  gtk_widget_class_bind_template_child (widget_class, UiNewChatDialog, start_button);
  gtk_widget_class_bind_template_child (widget_class, UiNewChatDialog, list);
  gtk_widget_class_bind_template_child (widget_class, UiNewChatDialog, selection);
  gtk_widget_class_bind_template_callback (widget_class, page_cb);
  gtk_widget_class_bind_template_callback (widget_class, update_button);
  gtk_widget_class_bind_template_callback (widget_class, entry_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, start_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, entry_key_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_setup_cb);
}

static void
ui_new_chat_dialog_init (UiNewChatDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_grab_focus (self->entry);
}

GtkWindow *
ui_new_chat_dialog_new (GtkWindow *parent, WcClient *client)
{
  return g_object_new (UI_TYPE_NEW_CHAT_DIALOG, "transient-for", parent, "client", client, NULL);
}
