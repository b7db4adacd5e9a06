/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/trust/pins-private.h"

#include "client/client.h"

struct _WcPins
{
  GObject parent_instance;

  GFile *folder; /* NULL: in memory only */
  GListStore *list;
  GError *error;
  gboolean loading;
  gboolean readable; /* the file may be replaced: what it holds is known */
  gboolean writing;
  gboolean changed;  /* since the writing that is on its way began */
  GPtrArray *loads, *flushes; /* of GTask: who waits for the end of it */
};

enum
{
  PROP_ERROR = 1,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (WcPins, wc_pins, G_TYPE_OBJECT)

static void
wc_pins_finalize (GObject *object)
{
  WcPins *self = WC_PINS (object);

  g_assert (!self->loading && !self->writing);
  g_ptr_array_unref (self->loads);
  g_ptr_array_unref (self->flushes);
  g_clear_object (&self->folder);
  g_object_unref (self->list);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (wc_pins_parent_class)->finalize (object);
}

static void
wc_pins_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  WcPins *self = WC_PINS (object);

  if (id == PROP_ERROR)
    g_value_set_boxed (value, self->error);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
wc_pins_class_init (WcPinsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = wc_pins_finalize;
  object_class->get_property = wc_pins_get_property;

  props[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_READABLE);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
wc_pins_init (WcPins *self)
{
  self->list = g_list_store_new (WC_TYPE_PIN);
  self->loads = g_ptr_array_new_with_free_func (g_object_unref);
  self->flushes = g_ptr_array_new_with_free_func (g_object_unref);
}

/* Not owned: the list owns it. */
static WcPin *
find (WcPins *self, const char *host, guint16 port, guint *position)
{
  g_autofree char *lower = g_utf8_strdown (host, -1);
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->list));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (WcPin) pin = g_list_model_get_item (G_LIST_MODEL (self->list), i);

      if (pin->port != port || !g_str_equal (pin->host, lower))
        continue;
      *position = i;
      return pin;
    }

  return NULL;
}

static void
set_error (WcPins *self, const GError *error)
{
  if (self->error == NULL && error == NULL)
    return;

  g_clear_error (&self->error);
  if (error != NULL)
    self->error = g_error_copy (error);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ERROR]);
}

static void
wake (GPtrArray *tasks)
{
  while (tasks->len > 0)
    {
      g_autoptr (GTask) task = g_ptr_array_steal_index (tasks, 0);

      g_task_return_boolean (task, TRUE);
    }
}

static void write_if_changed (WcPins *self);

static void
write_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  WcPins *self = source;
  GError *error = NULL;

  if (wc_pins_file_write (self->folder, task_data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  WcPins *self = WC_PINS (source);
  g_autoptr (GError) error = NULL;

  self->writing = FALSE;
  if (!g_task_propagate_boolean (G_TASK (result), &error))
    set_error (self, error);
  else if (self->error != NULL && self->error->domain == G_IO_ERROR)
    set_error (self, NULL); /* it could not be written before */
  write_if_changed (self);
}

static void
write_if_changed (WcPins *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->loading || self->writing)
    return;
  if (!self->changed || !self->readable)
    {
      wake (self->flushes);
      return;
    }

  self->changed = FALSE;
  self->writing = TRUE;
  task = g_task_new (self, NULL, written_cb, NULL);
  g_task_set_source_tag (task, write_if_changed);
  g_task_set_task_data (task, wc_pins_file_format (G_LIST_MODEL (self->list)), g_free);
  g_task_run_in_thread (task, write_thread);
}

typedef struct
{
  GPtrArray *pins;
  GError *error;
} Loaded;

static void
loaded_free (Loaded *loaded)
{
  g_ptr_array_unref (loaded->pins);
  g_clear_error (&loaded->error);
  g_free (loaded);
}

static void
load_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  WcPins *self = source;
  Loaded *loaded = g_new0 (Loaded, 1);

  loaded->pins = wc_pins_file_read (self->folder, &loaded->error);
  g_task_return_pointer (task, loaded, (GDestroyNotify) loaded_free);
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  WcPins *self = WC_PINS (source);
  Loaded *loaded = g_task_propagate_pointer (G_TASK (result), NULL);
  guint position;

  for (guint i = 0; i < loaded->pins->len; i++)
    {
      WcPin *pin = loaded->pins->pdata[i];

      /* What was set in the meantime is newer. */
      if (find (self, pin->host, pin->port, &position) == NULL)
        g_list_store_append (self->list, pin);
    }

  self->loading = FALSE;
  self->readable = loaded->error == NULL || loaded->error->domain == WC_ERROR;
  self->changed |= loaded->error != NULL && loaded->pins->len > 0; /* the damaged file is not there any more */
  set_error (self, loaded->error);
  loaded_free (loaded);
  wake (self->loads);
  write_if_changed (self);
}

WcPins *
wc_pins_new (GFile *folder)
{
  WcPins *self = g_object_new (WC_TYPE_PINS, NULL);
  g_autoptr (GTask) task = NULL;

  g_set_object (&self->folder, folder);
  if (folder == NULL)
    return self;

  self->loading = TRUE;
  task = g_task_new (self, NULL, loaded_cb, NULL);
  g_task_set_source_tag (task, wc_pins_new);
  g_task_run_in_thread (task, load_thread);

  return self;
}

void
wc_pins_load_async (WcPins *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (WC_IS_PINS (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, wc_pins_load_async);
  g_ptr_array_add (self->loads, task);
  if (!self->loading)
    wake (self->loads);
}

gboolean
wc_pins_load_finish (WcPins *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
wc_pins_flush_async (WcPins *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (WC_IS_PINS (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, wc_pins_flush_async);
  g_ptr_array_add (self->flushes, task);
  write_if_changed (self);
}

gboolean
wc_pins_flush_finish (WcPins *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Written at once, or when what is written now is done. */
static void
note_change (WcPins *self)
{
  self->changed = TRUE;
  if (self->folder != NULL)
    write_if_changed (self);
}

const GError *
wc_pins_get_error (WcPins *self)
{
  g_return_val_if_fail (WC_IS_PINS (self), NULL);
  return self->error;
}

GListModel *
wc_pins_get_list (WcPins *self)
{
  g_return_val_if_fail (WC_IS_PINS (self), NULL);
  return G_LIST_MODEL (self->list);
}

const char *
wc_pins_lookup (WcPins *self, const char *host, guint16 port)
{
  WcPin *pin;
  guint position;

  g_return_val_if_fail (WC_IS_PINS (self), NULL);
  g_return_val_if_fail (host != NULL, NULL);

  pin = find (self, host, port, &position);

  return pin != NULL ? pin->fingerprint : NULL;
}

void
wc_pins_set (WcPins *self, const char *host, guint16 port, const char *fingerprint)
{
  g_autoptr (WcPin) pin = NULL;
  guint position;

  g_return_if_fail (WC_IS_PINS (self));
  g_return_if_fail (host != NULL && fingerprint != NULL);

  pin = wc_pin_new (host, port, fingerprint);
  if (find (self, host, port, &position) != NULL)
    g_list_store_splice (self->list, position, 1, (gpointer *) &pin, 1);
  else
    g_list_store_append (self->list, pin);
  note_change (self);
}

void
wc_pins_remove (WcPins *self, WcPin *pin)
{
  guint position;

  g_return_if_fail (WC_IS_PINS (self));
  g_return_if_fail (WC_IS_PIN (pin));

  if (!g_list_store_find (self->list, pin, &position))
    return;
  g_list_store_remove (self->list, position);
  note_change (self);
}
