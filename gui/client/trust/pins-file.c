/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file known-servers: a group "HOST PORT" for each server, with its fingerprint as sha256. */
#include "client/trust/pins-private.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "client/client.h"

#define FILE_NAME "known-servers"
#define KEY "sha256"
#define FINGERPRINT_DIGITS 64
#define ASIDE_MAX 100 /* damaged files that are kept */

static gboolean
is_fingerprint (const char *text)
{
  return strlen (text) == FINGERPRINT_DIGITS && strspn (text, "0123456789abcdef") == FINGERPRINT_DIGITS;
}

/* One group; NULL: it makes no sense. Transfer full. */
static WcPin *
read_pin (GKeyFile *file, const char *group)
{
  g_autofree char *fingerprint = g_key_file_get_string (file, group, KEY, NULL);
  const char *space = strrchr (group, ' ');
  g_autofree char *host = NULL;
  guint64 port;

  if (fingerprint == NULL || !is_fingerprint (fingerprint) || space == NULL || space == group
      || !g_ascii_string_to_unsigned (space + 1, 10, 1, G_MAXUINT16, &port, NULL))
    return NULL;

  host = g_strndup (group, space - group);

  return wc_pin_new (host, port, fingerprint);
}

/* FALSE: not all of it makes sense. */
static gboolean
read_content (const char *content, gsize len, GPtrArray *pins)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_auto (GStrv) groups = NULL;
  gboolean good = TRUE;

  if (len > PINS_FILE_MAX || !g_utf8_validate (content, len, NULL) || !g_key_file_load_from_data (file, content, len, G_KEY_FILE_NONE, NULL))
    return FALSE;

  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    {
      WcPin *pin = pins->len < WC_PINS_MAX ? read_pin (file, groups[i]) : NULL;

      if (pin != NULL)
        g_ptr_array_add (pins, pin);
      else
        good = FALSE;
    }

  return good;
}

/* Gives the file a name that no other one has. Transfer full; NULL: it could not be. */
static char *
put_aside (const char *path)
{
  for (guint i = 1; i <= ASIDE_MAX; i++)
    {
      g_autofree char *aside = g_strdup_printf ("%s.damaged-%u", path, i);

      /* A link never replaces what is there. */
      if (link (path, aside) == 0 && unlink (path) == 0)
        return g_steal_pointer (&aside);
      if (errno != EEXIST)
        return NULL;
    }

  return NULL;
}

GPtrArray *
wc_pins_file_read (GFile *folder, GError **error)
{
  g_autoptr (GPtrArray) pins = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *path = g_build_filename (g_file_peek_path (folder), FILE_NAME, NULL);
  g_autofree char *content = NULL, *aside = NULL;
  GError *local = NULL;
  struct stat info = { 0 };
  gsize len = 0;

  if (stat (path, &info) != 0)
    {
      if (errno != ENOENT)
        g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), _("The list of trusted servers cannot be read.\n%s"), g_strerror (errno));
      return g_steal_pointer (&pins);
    }
  if (!S_ISREG (info.st_mode))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, _("The list of trusted servers cannot be read.\n%s"), path);
      return g_steal_pointer (&pins);
    }
  if (info.st_size <= PINS_FILE_MAX && !g_file_get_contents (path, &content, &len, &local))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("The list of trusted servers cannot be read.\n%s"), local->message);
      g_error_free (local);
      return g_steal_pointer (&pins);
    }
  if (content != NULL && read_content (content, len, pins))
    return g_steal_pointer (&pins);

  aside = put_aside (path);
  if (aside != NULL)
    g_set_error (error, WC_ERROR, WC_ERROR_FAILED,
                 _("The list of trusted servers was damaged. Servers that are not in it any more are asked about again; the old list is kept as %s."), aside);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("The list of trusted servers is damaged, and cannot be replaced: %s."), path);

  return g_steal_pointer (&pins);
}

char *
wc_pins_file_format (GListModel *pins)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  guint n = g_list_model_get_n_items (pins);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (WcPin) pin = g_list_model_get_item (pins, i);
      g_autofree char *group = g_strdup_printf ("%s %u", pin->host, pin->port);

      g_key_file_set_string (file, group, KEY, pin->fingerprint);
    }

  return g_key_file_to_data (file, NULL, NULL);
}

gboolean
wc_pins_file_write (GFile *folder, const char *content, GError **error)
{
  const char *folder_path = g_file_peek_path (folder);
  g_autofree char *path = g_build_filename (folder_path, FILE_NAME, NULL);
  GError *local = NULL;

  if (g_mkdir_with_parents (folder_path, 0700) != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), _("The list of trusted servers cannot be written: %s.\n%s"), folder_path,
                   g_strerror (errno));
      return FALSE;
    }
  if (!g_file_set_contents_full (path, content, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &local))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("The list of trusted servers cannot be written.\n%s"), local->message);
      g_error_free (local);
      return FALSE;
    }

  return TRUE;
}
