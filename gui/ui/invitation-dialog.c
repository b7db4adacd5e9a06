/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/invitation-dialog.h"

#include <glib/gi18n.h>

#include "shared/scram.h"

#include "ui/field-error.h"
#include "ui/invitation.h"
#include "ui/pages.h"
#include "ui/password.h"
#include "ui/tooltip-names.h"
#include "ui/trouble.h"

#define PASSWORD_MIN 8 /* characters of one that a person makes up */

struct _UiInvitationDialog
{
  AdwWindow parent_instance;

  UiPages *pages;
  GtkWidget *link_row;
  UiErrorNote *link_error;
  GtkLabel *heading;
  AdwActionRow *server_row;
  AdwActionRow *id_row;
  GtkWidget *password_list;
  GtkWidget *own_switch;
  GtkWidget *password_row;
  GtkWidget *keyring_note;
  UiErrorNote *password_error;
  GtkWidget *other_login;
  GtkLabel *other_login_label;
  UiErrorNote *join_error;
  GtkWidget *join_button;
  GtkLabel *join_label;
  GtkLabel *kept_password;

  WcClient *client;
  Invitation *invitation;   /* NULL: on the page that asks for one */
  char *generated;          /* the password that was made for the login on its way; NULL: the person's own */
  GCancellable *joining;    /* NULL unless it is on its way */
  gboolean storing;         /* joined, and the generated password is nowhere but here until the keyring has answered: it always does, see secrets.h */
  GCancellable *probing;    /* whether there is a keyring is being found out */
  gboolean has_keyring;
};

G_DEFINE_FINAL_TYPE (UiInvitationDialog, ui_invitation_dialog, ADW_TYPE_WINDOW)

enum
{
  PROP_CLIENT = 1,
  PROP_BUSY,
  PROP_HAS_KEYRING,
  N_PROPS
};

enum
{
  SIGNAL_JOINED,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

/* For what may end after the dialog: GTK wants a window to go no later than the one that it belongs to. */
static GWeakRef *
weak_new (UiInvitationDialog *self)
{
  GWeakRef *weak = g_new (GWeakRef, 1);

  g_weak_ref_init (weak, self);
  return weak;
}

/* Frees it. NULL: the dialog has gone, or is going. Transfer full. */
static UiInvitationDialog *
weak_take (GWeakRef *weak)
{
  g_autoptr (UiInvitationDialog) self = g_weak_ref_get (weak);

  g_weak_ref_clear (weak);
  g_free (weak);
  return self && self->client ? g_steal_pointer (&self) : NULL;
}

static gboolean
is_busy (UiInvitationDialog *self)
{
  return self->joining || self->storing;
}

/* Says what Join would end. */
static void
update_other_login (UiInvitationDialog *self)
{
  const gboolean logged_in = wc_client_get_state (self->client) != WC_STATE_OFFLINE;
  const char *server = wc_client_get_server (self->client);
  const char *client_id = wc_client_get_client_id (self->client);
  g_autofree char *text = NULL;

  if (self->invitation && logged_in && !is_busy (self) && server && client_id)
    {
      g_autofree char *address = wc_invitation_get_address (self->invitation);
      const gboolean is_same = g_str_equal (client_id, self->invitation->client_id) && g_str_equal (server, address);

      if (is_same)
        text = g_strdup_printf (_("You are logged in as %s there already. Joining again gives you a new password."), client_id);
      else
        text = g_strdup_printf (_("You are logged in as %s at %s. Joining logs you out there."), client_id, server);
      gtk_label_set_text (self->other_login_label, text);
    }
  if (!is_busy (self))
    gtk_label_set_label (self->join_label, text ? _("Log Out and Join") : _("Join"));
  gtk_widget_set_visible (self->other_login, text != NULL);
}

static gboolean
wants_own_password (UiInvitationDialog *self)
{
  return !self->has_keyring || gtk_switch_get_active (GTK_SWITCH (self->own_switch));
}

static void
update_password (UiInvitationDialog *self)
{
  const gboolean own = wants_own_password (self);

  gtk_widget_set_visible (self->password_row, own);
  gtk_widget_set_visible (self->keyring_note, !self->has_keyring);
  ui_field_set_error (self->password_row, self->password_error, NULL, NULL);
}

static void
own_changed_cb (UiInvitationDialog *self)
{
  update_password (self);
  if (wants_own_password (self))
    gtk_widget_grab_focus (self->password_row);
}

static void
password_changed_cb (UiInvitationDialog *self)
{
  ui_field_set_error (self->password_row, self->password_error, NULL, NULL);
}

static void
update_button (UiInvitationDialog *self)
{
  const char *label = is_busy (self) ? _("Joining…") : gtk_label_get_label (self->join_label);

  gtk_label_set_label (self->join_label, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->join_button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_widget_set_sensitive (self->join_button, !is_busy (self) && !self->probing);
  gtk_widget_set_sensitive (self->password_list, !is_busy (self));
}

static void
set_busy (UiInvitationDialog *self, GCancellable *joining, gboolean storing)
{
  g_set_object (&self->joining, joining);
  self->storing = storing;
  update_other_login (self);
  update_button (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BUSY]);
}

static void
set_has_keyring (UiInvitationDialog *self, gboolean has_keyring)
{
  self->has_keyring = has_keyring;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_HAS_KEYRING]);
  update_password (self);
}

static void
probed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UiInvitationDialog) self = weak_take (user_data);
  g_autoptr (GError) error = NULL;
  char *password = wc_secrets_lookup_finish (WC_SECRETS (source), result, &error);

  wc_secrets_wipe (password);
  if (!self || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  g_clear_object (&self->probing);
  if (error)
    g_message ("There is no keyring: %s", error->message);
  set_has_keyring (self, error == NULL);
  update_button (self);
  gtk_widget_grab_focus (self->has_keyring ? self->join_button : self->password_row);
}

/* No password is made up that would then be nowhere. */
static void
probe_keyring (UiInvitationDialog *self)
{
  WcSecrets *secrets = wc_client_get_secrets (self->client);
  g_autofree char *server = ui_invitation_get_keyring_server (self->invitation);

  if (self->probing)
    g_cancellable_cancel (self->probing);
  g_clear_object (&self->probing);
  set_has_keyring (self, secrets != NULL);
  if (!secrets)
    return;

  self->probing = g_cancellable_new ();
  wc_secrets_lookup_async (secrets, server, self->invitation->client_id, self->probing, probed_cb, weak_new (self));
}

static void
show_confirmation (UiInvitationDialog *self)
{
  const Invitation *invitation = self->invitation;
  g_autofree char *address = wc_invitation_get_address (invitation);
  /* Translators: a server's name, and a Client-ID. */
  g_autofree char *heading = g_strdup_printf (_("Join %s as %s?"), invitation->host, invitation->client_id);

  gtk_label_set_label (self->heading, heading);
  adw_action_row_set_subtitle (self->server_row, address);
  adw_action_row_set_subtitle (self->id_row, invitation->client_id);
  ui_error_note_set (self->join_error, NULL, NULL);
  gtk_editable_set_text (GTK_EDITABLE (self->password_row), "");
  gtk_switch_set_active (GTK_SWITCH (self->own_switch), FALSE);
  probe_keyring (self);
  update_other_login (self);
  update_button (self);
  ui_pages_set_page (self->pages, "page_confirm");
  gtk_widget_grab_focus (self->has_keyring ? self->join_button : self->password_row);
}

/* FALSE: it is no link, which is said under the field. */
static gboolean
take_link (UiInvitationDialog *self, const char *link)
{
  g_autoptr (GError) error = NULL;
  Invitation *invitation = invitation_parse (link, &error);

  if (!invitation)
    {
      const char *text = g_error_matches (error, INVITATION_ERROR, INVITATION_ERROR_NO_LINK)
                           ? _("This is not an invitation. One begins with webchat:// and comes from whoever runs the server.")
                           : _("This invitation is not complete or was changed on its way. Copy the whole link once more, or ask for a new one.");

      ui_field_set_error (self->link_row, self->link_error, text, error->message);
      return FALSE;
    }
  /* The server may have taken the password that was made for this one, though its answer was lost. */
  if (!ui_invitation_equal (self->invitation, invitation))
    g_clear_pointer (&self->generated, wc_secrets_wipe);
  g_clear_pointer (&self->invitation, invitation_free);
  self->invitation = invitation;
  ui_field_set_error (self->link_row, self->link_error, NULL, NULL);
  show_confirmation (self);
  return TRUE;
}

static void
link_changed_cb (UiInvitationDialog *self)
{
  ui_field_set_error (self->link_row, self->link_error, NULL, NULL);
}

static void
continue_cb (UiInvitationDialog *self)
{
  if (!take_link (self, gtk_editable_get_text (GTK_EDITABLE (self->link_row))))
    gtk_widget_grab_focus (self->link_row);
}

static void
close_dialog (UiInvitationDialog *self)
{
  gtk_window_close (GTK_WINDOW (self));
}

/* It is the only place where this password is shown: the keyring that was there a moment ago does not take it. */
static void
show_password (UiInvitationDialog *self)
{
  gtk_label_set_text (self->kept_password, self->generated);
  ui_pages_set_page (self->pages, "page_password");
}

static void
copy_password_cb (UiInvitationDialog *self)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), self->generated);
}

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UiInvitationDialog) self = weak_take (user_data);
  const gboolean ok = wc_secrets_store_finish (WC_SECRETS (source), result, NULL);

  if (!self)
    return;

  set_busy (self, NULL, FALSE);
  if (ok)
    close_dialog (self);
  else
    show_password (self);
}

static void
finish_joining (UiInvitationDialog *self)
{
  WcSecrets *secrets = wc_client_get_secrets (self->client);

  set_busy (self, NULL, self->generated && secrets);
  g_signal_emit (self, signals[SIGNAL_JOINED], 0);
  if (self->storing)
    {
      g_autofree char *server = ui_invitation_get_keyring_server (self->invitation);

      wc_secrets_store_async (secrets, server, self->invitation->client_id, self->generated, NULL, stored_cb, weak_new (self));
    }
  else
    close_dialog (self);
}

static void
show_join_error (UiInvitationDialog *self, const GError *error)
{
  g_autofree char *details = ui_trouble_details (error, self->client);
  g_autofree char *advice = ui_invitation_advice (self->invitation, error);

  ui_error_note_set (self->join_error, advice, details);
  gtk_widget_grab_focus (self->join_button);
}

static void
joined_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UiInvitationDialog) self = weak_take (user_data);
  g_autoptr (GError) error = NULL;
  const gboolean ok = wc_client_login_finish (WC_CLIENT (source), result, &error);

  if (!self)
    return;

  if (ok)
    {
      finish_joining (self);
      return;
    }
  set_busy (self, NULL, FALSE);
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    show_join_error (self, error);
}

/* The password to join with; NULL when the person has to choose another one, which is said under the field. */
static const char *
choose_password (UiInvitationDialog *self)
{
  g_autoptr (GError) error = NULL;
  const char *own = gtk_editable_get_text (GTK_EDITABLE (self->password_row));
  g_autofree char *text = NULL;

  if (!wants_own_password (self))
    {
      /* The same when it is tried again: the server may have taken it though its answer was lost. */
      if (!self->generated)
        self->generated = ui_password_generate ();
      return self->generated;
    }

  g_clear_pointer (&self->generated, wc_secrets_wipe);
  if (g_utf8_strlen (own, -1) < PASSWORD_MIN)
    text = g_strdup_printf (ngettext ("Choose a password of at least %d character.", "Choose a password of at least %d characters.", PASSWORD_MIN), PASSWORD_MIN);
  else if (!scram_password_check (own, &error))
    text = g_strdup (error->message);
  ui_field_set_error (self->password_row, self->password_error, text, NULL);
  return text ? NULL : own;
}

static void
join_cb (UiInvitationDialog *self)
{
  g_autofree char *address = NULL;
  g_autoptr (GCancellable) joining = NULL;
  const char *password;

  if (is_busy (self) || self->probing || !self->invitation)
    return;

  password = choose_password (self);
  if (!password)
    {
      gtk_widget_grab_focus (self->password_row);
      return;
    }

  ui_error_note_set (self->join_error, NULL, NULL);
  address = wc_invitation_get_address (self->invitation);
  joining = g_cancellable_new ();
  set_busy (self, joining, FALSE);
  wc_client_set_invitation (self->client, self->invitation, password);
  wc_client_set_remember_password (self->client, TRUE);
  wc_client_login_async (self->client, address, self->invitation->client_id, joining, joined_cb, weak_new (self));
}

static void
clipboard_read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UiInvitationDialog) self = weak_take (user_data);
  g_autofree char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, NULL);
  g_autoptr (Invitation) invitation = text ? invitation_parse (text, NULL) : NULL;

  /* Not over what somebody has begun to type. */
  if (!invitation || !self || self->invitation || *gtk_editable_get_text (GTK_EDITABLE (self->link_row)))
    return;
  g_strstrip (text);
  gtk_editable_set_text (GTK_EDITABLE (self->link_row), text);
  gtk_editable_select_region (GTK_EDITABLE (self->link_row), 0, -1);
}

/* Another link would end what is on its way, or take the password away that is shown nowhere else. */
static gboolean
takes_links (UiInvitationDialog *self)
{
  return !is_busy (self) && g_strcmp0 (ui_pages_get_page (self->pages), "page_password") != 0;
}

static gboolean
drop_cb (UiInvitationDialog *self, const GValue *value)
{
  if (!takes_links (self))
    return FALSE;
  ui_invitation_dialog_open (self, g_value_get_string (value));
  return TRUE;
}

static gboolean
ui_invitation_dialog_close_request (GtkWindow *window)
{
  return UI_INVITATION_DIALOG (window)->storing || GTK_WINDOW_CLASS (ui_invitation_dialog_parent_class)->close_request (window);
}

static void
ui_invitation_dialog_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiInvitationDialog *self = UI_INVITATION_DIALOG (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, self->client);
      break;
    case PROP_BUSY:
      g_value_set_boolean (value, is_busy (self));
      break;
    case PROP_HAS_KEYRING:
      g_value_set_boolean (value, self->has_keyring);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_invitation_dialog_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiInvitationDialog *self = UI_INVITATION_DIALOG (object);

  switch (id)
    {
    case PROP_CLIENT:
      self->client = g_value_dup_object (value);
      g_signal_connect_object (self->client, "notify::state", G_CALLBACK (update_other_login), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (self->client, "notify::client-id", G_CALLBACK (update_other_login), self, G_CONNECT_SWAPPED);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_invitation_dialog_dispose (GObject *object)
{
  UiInvitationDialog *self = UI_INVITATION_DIALOG (object);

  if (self->joining)
    g_cancellable_cancel (self->joining);
  if (self->probing)
    g_cancellable_cancel (self->probing);
  g_clear_object (&self->joining);
  g_clear_object (&self->probing);
  if (self->client)
    {
      g_signal_handlers_disconnect_by_data (self->client, self);
      wc_client_set_invitation (self->client, NULL, NULL);
    }
  g_clear_object (&self->client);

  G_OBJECT_CLASS (ui_invitation_dialog_parent_class)->dispose (object);
}

static void
ui_invitation_dialog_finalize (GObject *object)
{
  UiInvitationDialog *self = UI_INVITATION_DIALOG (object);

  g_clear_pointer (&self->invitation, invitation_free);
  g_clear_pointer (&self->generated, wc_secrets_wipe);

  G_OBJECT_CLASS (ui_invitation_dialog_parent_class)->finalize (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, pages);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, link_row);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, link_error);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, heading);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, server_row);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, id_row);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, password_list);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, own_switch);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, password_row);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, keyring_note);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, password_error);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, other_login);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, other_login_label);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, join_error);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, join_button);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, join_label);
  gtk_widget_class_bind_template_child (widget_class, UiInvitationDialog, kept_password);
  gtk_widget_class_bind_template_callback (widget_class, link_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, continue_cb);
  gtk_widget_class_bind_template_callback (widget_class, own_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, password_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, join_cb);
  gtk_widget_class_bind_template_callback (widget_class, copy_password_cb);
  gtk_widget_class_bind_template_callback (widget_class, drop_cb);
}

static void
ui_invitation_dialog_class_init (UiInvitationDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags read_only = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ui_invitation_dialog_get_property;
  object_class->set_property = ui_invitation_dialog_set_property;
  object_class->dispose = ui_invitation_dialog_dispose;
  object_class->finalize = ui_invitation_dialog_finalize;
  GTK_WINDOW_CLASS (klass)->close_request = ui_invitation_dialog_close_request;

  props[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, WC_TYPE_CLIENT, G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE, read_only);
  props[PROP_HAS_KEYRING] = g_param_spec_boolean ("has-keyring", NULL, NULL, FALSE, read_only);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[SIGNAL_JOINED] = g_signal_new ("joined", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (UI_TYPE_ERROR_NOTE);
  g_type_ensure (UI_TYPE_PAGES);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/invitation-dialog.ui");
  bind_children (widget_class);
}

static void
ui_invitation_dialog_init (UiInvitationDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  ui_name_by_tooltips (self->password_row);
}

GtkWindow *
ui_invitation_dialog_new (GtkWindow *parent, WcClient *client)
{
  return g_object_new (UI_TYPE_INVITATION_DIALOG, "transient-for", parent, "client", client, NULL);
}

void
ui_invitation_dialog_open (UiInvitationDialog *self, const char *link)
{
  g_return_if_fail (UI_IS_INVITATION_DIALOG (self));

  if (!takes_links (self))
    return;
  if (link && take_link (self, link))
    return;

  g_clear_pointer (&self->invitation, invitation_free);
  ui_pages_set_page (self->pages, "page_link");
  gtk_widget_grab_focus (self->link_row);
  if (!link)
    gdk_clipboard_read_text_async (gtk_widget_get_clipboard (GTK_WIDGET (self)), NULL, clipboard_read_cb, weak_new (self));
}
