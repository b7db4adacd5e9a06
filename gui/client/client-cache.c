/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is kept on this computer: opened by the first login of a server and Client-ID, and open until another one. */
#include "client/client-private.h"

static void
cache_error_cb (const GError *error, gpointer user_data)
{
  wc_client_set_cache_error (user_data, error);
}

static void
loaded_cb (const WcCached *cached, gpointer user_data)
{
  g_autoptr (WcClient) self = g_object_ref (user_data);

  self->loading = FALSE;
  wc_client_restore (self, cached);
  wc_client_flush_arriving (self);
  if (!cached->fresh)
    wc_client_set_ready (self, TRUE);

  /* A handler may have begun another login. */
  if (!self->loading && self->open_when_loaded)
    {
      self->open_when_loaded = FALSE;
      wc_client_open (self);
    }
}

void
wc_client_open_with_cache (WcClient *self)
{
  if (self->folder != NULL && self->cache == NULL)
    {
      /* However the address was written, it is the same server. */
      g_autofree char *lower = g_ascii_strdown (self->host, -1);
      g_autofree char *server = g_strdup_printf ("%s:%u", lower, self->port);

      self->cache = wc_cache_open (self->folder, server, self->client_id, cache_error_cb, self);
      self->n_caches++;
      self->loading = TRUE;
      wc_cache_load (self->cache, loaded_cb, self);
    }

  if (self->loading)
    {
      /* What is to be sent, and what is to be asked for, is known only then. */
      self->open_when_loaded = TRUE;
      wc_client_set_state (self, WC_STATE_CONNECTING);
    }
  else
    {
      wc_client_open (self);
    }
}

void
wc_client_close_cache (WcClient *self)
{
  wc_client_foreach (self, wc_keep_draft_now);
  g_clear_pointer (&self->cache, wc_cache_close);
  self->n_caches++;
  self->loading = FALSE;
  self->open_when_loaded = FALSE;
  wc_client_set_cache_error (self, NULL);
}

void
wc_client_set_folder (WcClient *self, GFile *folder)
{
  g_return_if_fail (WC_IS_CLIENT (self));

  if (self->folder == folder)
    return;

  wc_client_close_cache (self);
  g_set_object (&self->folder, folder);
}
