/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/trust-dialog.h"

#include <glib/gi18n.h>

#include "ui/fingerprint.h"

struct _UiTrustDialog
{
  AdwMessageDialog parent_instance;

  GtkLabel *label;
  char *server;
  char *fingerprint;
};

G_DEFINE_FINAL_TYPE (UiTrustDialog, ui_trust_dialog, ADW_TYPE_MESSAGE_DIALOG)

static void
ui_trust_dialog_finalize (GObject *object)
{
  UiTrustDialog *self = UI_TRUST_DIALOG (object);

  g_free (self->server);
  g_free (self->fingerprint);

  G_OBJECT_CLASS (ui_trust_dialog_parent_class)->finalize (object);
}

static void
ui_trust_dialog_class_init (UiTrustDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->finalize = ui_trust_dialog_finalize;

  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/trust-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, UiTrustDialog, label);
}

static void
ui_trust_dialog_init (UiTrustDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWindow *
ui_trust_dialog_new (GtkWindow *parent, const char *server, const char *fingerprint)
{
  UiTrustDialog *self = g_object_new (UI_TYPE_TRUST_DIALOG, "transient-for", parent, NULL);
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (self);
  g_autofree char *text = ui_fingerprint_group (fingerprint);
  g_autofree char *spelled = ui_fingerprint_spell (fingerprint);
  /* Translators: %s is the fingerprint, letter by letter, for a screen reader. */
  g_autofree char *name = g_strdup_printf (_("Fingerprint: %s"), spelled);

  self->server = g_strdup (server);
  self->fingerprint = g_strdup (fingerprint);
  /* Translators: %s is a server's address. */
  adw_message_dialog_format_body (dialog, _("You have not been at %s before, and nobody vouches for it. Compare this fingerprint with the server’s own: "
                                            "it stands in your invitation, and whoever runs the server sees it with “webchat-server status”."),
                                  server);
  gtk_label_set_text (self->label, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->label), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  return GTK_WINDOW (self);
}

const char *
ui_trust_dialog_get_server (UiTrustDialog *self)
{
  g_return_val_if_fail (UI_IS_TRUST_DIALOG (self), NULL);
  return self->server;
}

const char *
ui_trust_dialog_get_fingerprint (UiTrustDialog *self)
{
  g_return_val_if_fail (UI_IS_TRUST_DIALOG (self), NULL);
  return self->fingerprint;
}
