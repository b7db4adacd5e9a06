/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/pages.h"

struct _UiPages
{
  GtkWidget parent_instance;

  char *page;
};

static void ui_pages_buildable_init (GtkBuildableIface *iface);

static GtkBuildableIface *parent_buildable;

G_DEFINE_FINAL_TYPE_WITH_CODE (UiPages, ui_pages, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_BUILDABLE, ui_pages_buildable_init))

enum
{
  PROP_PAGE = 1,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

void
ui_release_focus (GtkWidget *widget)
{
  GtkRoot *root = gtk_widget_get_root (widget);
  GtkWidget *focus = root ? gtk_root_get_focus (root) : NULL;

  if (focus && (focus == widget || gtk_widget_is_ancestor (focus, widget)))
    gtk_root_set_focus (root, NULL);
}

static void
update_child (UiPages *self, GtkWidget *child)
{
  gboolean shows = g_strcmp0 (gtk_buildable_get_buildable_id (GTK_BUILDABLE (child)), self->page) == 0;

  if (!shows)
    ui_release_focus (child);
  gtk_widget_set_visible (child, shows);
}

static void
ui_pages_add_child (GtkBuildable *buildable, GtkBuilder *builder, GObject *child, const char *type)
{
  parent_buildable->add_child (buildable, builder, child, type);
  if (GTK_IS_WIDGET (child))
    update_child (UI_PAGES (buildable), GTK_WIDGET (child));
}

static void
ui_pages_buildable_init (GtkBuildableIface *iface)
{
  parent_buildable = g_type_interface_peek_parent (iface);
  iface->add_child = ui_pages_add_child;
}

static void
ui_pages_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_PAGE:
      g_value_set_string (value, UI_PAGES (object)->page);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_pages_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_PAGE:
      ui_pages_set_page (UI_PAGES (object), g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_pages_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (ui_pages_parent_class)->dispose (object);
}

static void
ui_pages_finalize (GObject *object)
{
  g_free (UI_PAGES (object)->page);

  G_OBJECT_CLASS (ui_pages_parent_class)->finalize (object);
}

static void
ui_pages_class_init (UiPagesClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = ui_pages_get_property;
  object_class->set_property = ui_pages_set_property;
  object_class->dispose = ui_pages_dispose;
  object_class->finalize = ui_pages_finalize;

  props[PROP_PAGE] = g_param_spec_string ("page", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
ui_pages_init (UiPages *self)
{
}

void
ui_pages_set_page (UiPages *self, const char *page)
{
  g_return_if_fail (UI_IS_PAGES (self));

  if (g_strcmp0 (self->page, page) == 0)
    return;

  g_free (self->page);
  self->page = g_strdup (page);
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self)); child; child = gtk_widget_get_next_sibling (child))
    update_child (self, child);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PAGE]);
}

const char *
ui_pages_get_page (UiPages *self)
{
  g_return_val_if_fail (UI_IS_PAGES (self), NULL);

  return self->page;
}

void
ui_stack_show_only (GtkStack *stack, GtkWidget *child)
{
  g_return_if_fail (GTK_IS_STACK (stack));
  g_return_if_fail (gtk_widget_get_parent (child) == GTK_WIDGET (stack));

  if (gtk_stack_get_visible_child (stack) != child)
    ui_release_focus (GTK_WIDGET (stack));
  gtk_widget_set_visible (child, TRUE);
  gtk_stack_set_visible_child (stack, child);
  for (GtkWidget *other = gtk_widget_get_first_child (GTK_WIDGET (stack)); other; other = gtk_widget_get_next_sibling (other))
    if (other != child)
      gtk_widget_set_visible (other, FALSE);
}
