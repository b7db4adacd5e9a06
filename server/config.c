/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "shared/limits.h"
#include "text-file.h"

#define FILE_MAX (1024 * 1024)

#define SECONDS_MAX (366 * 24 * 3600)
#define DAYS_MAX    36500
#define COUNT_MAX   1000000
#define QUEUE_MAX   (1024 * 1024 * 1024)

/* A key of the file, and how its value gets into a Config. */
typedef struct _Key Key;
typedef gboolean (*ParseFunc) (gpointer member, const Key *key, const char *value, char **wrong);

struct _Key
{
  const char *group;
  const char *name;
  const char *value; /* the default */
  ParseFunc parse;
  gsize offset; /* of the member in Config that parse sets */
  guint min, max;
  const char *not_yet; /* what this version lacks when any other value is asked for */
};

static gboolean
parse_count (gpointer member, const Key *key, const char *value, char **wrong)
{
  guint64 count;

  if (g_ascii_string_to_unsigned (value, 10, key->min, key->max, &count, NULL))
    {
      *(guint *)member = (guint)count;
      return TRUE;
    }
  *wrong = g_strdup_printf ("must be a whole number from %u to %u", key->min, key->max);
  return FALSE;
}

static gboolean
parse_size (gpointer member, const Key *key, const char *value, char **wrong)
{
  guint count;

  if (!parse_count (&count, key, value, wrong))
    return FALSE;
  *(gsize *)member = count;
  return TRUE;
}

static gboolean
parse_switch (gpointer member, const Key *key, const char *value, char **wrong)
{
  gboolean on = strcmp (value, "true") == 0;

  if (!on && strcmp (value, "false") != 0)
    {
      *wrong = g_strdup ("must be true or false");
      return FALSE;
    }
  *(gboolean *)member = on;
  return TRUE;
}

static gboolean
parse_durability (gpointer member, const Key *key, const char *value, char **wrong)
{
  gboolean full = strcmp (value, "full") == 0;

  if (!full && strcmp (value, "normal") != 0)
    {
      *wrong = g_strdup ("must be full or normal");
      return FALSE;
    }
  *(StoreDurability *)member = full ? STORE_DURABILITY_FULL : STORE_DURABILITY_NORMAL;
  return TRUE;
}

static gboolean
parse_path (gpointer member, const Key *key, const char *value, char **wrong)
{
  *(char **)member = g_strdup (value);
  return TRUE;
}

static gboolean
parse_file (gpointer member, const Key *key, const char *value, char **wrong)
{
  if (*value == '\0')
    {
      *wrong = g_strdup ("must name a file");
      return FALSE;
    }
  return parse_path (member, key, value, wrong);
}

static gboolean
parse_mode (gpointer member, const Key *key, const char *value, char **wrong)
{
  gboolean required = strcmp (value, "required") == 0;

  if (!required && strcmp (value, "open") != 0)
    {
      *wrong = g_strdup ("must be open or required");
      return FALSE;
    }
  *(gboolean *)member = required;
  return TRUE;
}

/* At least key->min of them. */
static gboolean
parse_addresses (gpointer member, const Key *key, const char *value, char **wrong)
{
  g_auto (GStrv) words = g_strsplit (value, ";", -1);
  g_autoptr (GStrvBuilder) addresses = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; words[i] != NULL; i++)
    {
      char *word = g_strstrip (words[i]);
      g_autoptr (GInetSocketAddress) address = NULL;

      if (*word == '\0')
        continue;
      address = config_parse_address (word);
      if (address == NULL)
        *wrong = g_strdup_printf (
            "%s is not an address: write 127.0.0.1:5000 or [::1]:5000, no host name", word);
      else if (!g_hash_table_add (seen, word) && g_inet_socket_address_get_port (address) != 0)
        *wrong = g_strdup_printf ("%s is there twice", word);
      if (*wrong != NULL)
        return FALSE;
      g_strv_builder_add (addresses, word);
    }
  if (g_hash_table_size (seen) < key->min)
    {
      *wrong = g_strdup ("must have at least one address");
      return FALSE;
    }
  *(char ***)member = g_strv_builder_end (addresses);
  return TRUE;
}

/* What the contract has and this version does not do: nobody shall believe that it is done. */
static gboolean
parse_not_yet (gpointer member, const Key *key, const char *value, char **wrong)
{
  if (strcmp (value, key->value) == 0)
    return TRUE;
  *wrong = g_strdup_printf ("this version of the server %s yet: leave the key out", key->not_yet);
  return FALSE;
}

#define AT(member) G_STRUCT_OFFSET (Config, member)

static const Key keys[] = {
  { "server", "listen", "127.0.0.1:5000", parse_addresses, AT (listen), 1, 0, NULL },
  { "server", "tls-listen", "", parse_addresses, AT (tls_listen), 0, 0, NULL },
  { "server", "tls-certificate", "", parse_path, AT (tls_certificate), 0, 0, NULL },
  { "server", "tls-key", "", parse_path, AT (tls_key), 0, 0, NULL },
  { "server", "client-list", "ClientID-List", parse_file, AT (client_list), 0, 0, NULL },
  { "server", "data-directory", "", parse_path, AT (data_directory), 0, 0, NULL },
  { "server", "allow-insecure", "false", parse_switch, AT (allow_insecure), 0, 0, NULL },
  { "auth", "mode", "open", parse_mode, AT (auth_required), 0, 0, NULL },
  { "session", "idle-timeout", "900", parse_count, AT (idle_timeout), 0, SECONDS_MAX, NULL },
  { "session", "login-timeout", "10", parse_count, AT (login_timeout), 1, SECONDS_MAX, NULL },
  { "limits", "max-connections", "10000", parse_count, AT (max_connections), 1, COUNT_MAX, NULL },
  { "limits", "max-connections-per-address", "0", parse_count, AT (max_connections_per_address), 0,
    COUNT_MAX, NULL },
  { "limits", "messages-per-second", "20", parse_count, AT (messages_per_second), 0, COUNT_MAX,
    NULL },
  { "limits", "messages-burst", "100", parse_count, AT (messages_burst), 1, COUNT_MAX, NULL },
  { "limits", "send-queue-bytes", "1048576", parse_size, AT (send_queue_bytes), WIRE_LINE_MAX,
    QUEUE_MAX, NULL },
  { "store", "durability", "full", parse_durability, AT (durability), 0, 0, NULL },
  { "store", "retention-days", "0", parse_count, AT (retention_days), 0, DAYS_MAX, NULL },
  { "metrics", "listen", "", parse_not_yet, 0, 0, 0, "has no metrics" },
};

#define N_KEYS G_N_ELEMENTS (keys)

/* The places of some among them. */
enum
{
  KEY_LISTEN,
  KEY_TLS_LISTEN,
  KEY_TLS_CERTIFICATE,
  KEY_TLS_KEY,
};

/* A file on its way into a Config. */
typedef struct
{
  const char *file;
  GKeyFile *values;
  guint key_lines[N_KEYS]; /* where each key stands; 0: nowhere */
  GHashTable *groups;      /* name -> line */
} Reader;

/* NULL for a group that is not in the table. */
static const char *
find_group (const char *name)
{
  for (guint i = 0; i < N_KEYS; i++)
    if (strcmp (keys[i].group, name) == 0)
      return keys[i].group;
  return NULL;
}

static gboolean
scan_group (Reader *self, char *line, guint number, const char **group, GError **error)
{
  char *end = strchr (line, ']');
  guint first;

  if (end == NULL || end[1] != '\0')
    return text_file_set_error (error, self->file, number, "a group must be written as [name]");
  *end = '\0';
  *group = find_group (line + 1);
  if (*group == NULL)
    return text_file_set_error (error, self->file, number, "unknown group [%s]", line + 1);
  first = GPOINTER_TO_UINT (g_hash_table_lookup (self->groups, *group));
  if (first != 0)
    return text_file_set_error (error, self->file, number, "group [%s] begins in line %u already",
                                *group, first);
  g_hash_table_insert (self->groups, (gpointer)*group, GUINT_TO_POINTER (number));
  return TRUE;
}

static gboolean
scan_key (Reader *self, char *line, guint number, const char *group, GError **error)
{
  char *equals = strchr (line, '=');

  if (equals == NULL)
    return text_file_set_error (error, self->file, number,
                                "neither [group], key=value nor # comment");
  if (group == NULL)
    return text_file_set_error (error, self->file, number, "a key before the first [group]");
  *equals = '\0';
  g_strchomp (line);
  for (guint i = 0; i < N_KEYS; i++)
    if (strcmp (keys[i].group, group) == 0 && strcmp (keys[i].name, line) == 0)
      {
        if (self->key_lines[i] != 0)
          return text_file_set_error (error, self->file, number, "%s is set in line %u already",
                                      line, self->key_lines[i]);
        self->key_lines[i] = number;
        return TRUE;
      }
  return text_file_set_error (error, self->file, number, "unknown key %s in group [%s]", line,
                              group);
}

/* Finds out which key stands in which line, and refuses what GKeyFile would take without a word:
 * what it does not know, and what is there twice. It tells no line of its own. */
static gboolean
scan (Reader *self, char *text, gsize len, GError **error)
{
  const char *group = NULL;
  TextLines lines;

  text_lines_init (&lines, text, len);
  while (text_lines_next (&lines))
    {
      g_autofree char *line = NULL;

      if (!g_utf8_validate_len (lines.line, lines.len, NULL))
        return text_file_set_error (error, self->file, lines.number, "not UTF-8 text");
      line = g_strstrip (g_strndup (lines.line, lines.len));
      if (*line == '\0' || *line == '#')
        continue;
      if (*line == '[' ? !scan_group (self, line, lines.number, &group, error)
                       : !scan_key (self, line, lines.number, group, error))
        return FALSE;
    }
  return TRUE;
}

/* GKeyFile would tell two mistakes of one value at once, which GLib does not allow. */
static gboolean
has_bad_escape (const char *raw)
{
  for (; *raw != '\0'; raw++)
    if (*raw == '\\' && (*++raw == '\0' || strchr ("sntr\\", *raw) == NULL))
      return TRUE;
  return FALSE;
}

/* An address, a name or a path with a line end in it is none that anybody meant, and the log is lines. */
static gboolean
has_control_character (const char *value)
{
  for (; *value != '\0'; value++)
    if (g_ascii_iscntrl (*value) && *value != '\t')
      return TRUE;
  return FALSE;
}

static gboolean
set_key (Config *config, Reader *self, guint i, GError **error)
{
  const Key *key = &keys[i];
  g_autofree char *raw = NULL, *value = NULL, *wrong = NULL;

  if (self->key_lines[i] == 0)
    return key->parse (G_STRUCT_MEMBER_P (config, key->offset), key, key->value, &wrong);

  raw = g_key_file_get_value (self->values, key->group, key->name, NULL);
  if (has_bad_escape (raw))
    return text_file_set_error (error, self->file, self->key_lines[i],
                                "%s: an escape that is none: write \\\\ for a backslash", key->name);
  value = g_strchomp (g_key_file_get_string (self->values, key->group, key->name, NULL));
  if (has_control_character (value))
    return text_file_set_error (error, self->file, self->key_lines[i], "%s: a line end or another control character", key->name);
  if (key->parse (G_STRUCT_MEMBER_P (config, key->offset), key, value, &wrong))
    return TRUE;
  return text_file_set_error (error, self->file, self->key_lines[i], "%s: %s", key->name, wrong);
}

/* The first of the addresses that other machines can reach; NULL: none. */
static const char *
find_exposed (char **addresses)
{
  for (; *addresses != NULL; addresses++)
    {
      g_autoptr (GInetSocketAddress) address = config_parse_address (*addresses);

      if (!g_inet_address_get_is_loopback (g_inet_socket_address_get_address (address)))
        return *addresses;
    }
  return NULL;
}

/* Without TLS anybody on the way reads along; without proof of identity, who reaches the server is whoever he says he is. */
static gboolean
check_exposure (Config *config, Reader *self, GError **error)
{
  const char *plain = find_exposed (config->listen), *tls = find_exposed (config->tls_listen);

  if (config->allow_insecure)
    return TRUE;
  if (plain != NULL)
    return text_file_set_error (error, self->file, self->key_lines[KEY_LISTEN],
                                "listen: %s can be reached from other machines without TLS: move it to tls-listen and set "
                                "mode=required in [auth], or accept that with allow-insecure=true",
                                plain);
  if (tls != NULL && !config->auth_required)
    return text_file_set_error (error, self->file, self->key_lines[KEY_TLS_LISTEN],
                                "tls-listen: %s can be reached from other machines without proof of identity: set "
                                "mode=required in [auth], or accept that with allow-insecure=true",
                                tls);
  return TRUE;
}

/* No address twice, whether with TLS or without; and a certificate has its key. */
static gboolean
check_tls (Config *config, Reader *self, GError **error)
{
  for (char **address = config->tls_listen; *address != NULL; address++)
    if (g_strv_contains ((const char *const *)config->listen, *address) && !g_str_has_suffix (*address, ":0"))
      return text_file_set_error (error, self->file, self->key_lines[KEY_TLS_LISTEN],
                                  "tls-listen: %s is in listen too", *address);
  if (*config->tls_certificate != '\0' && *config->tls_key == '\0')
    return text_file_set_error (error, self->file, self->key_lines[KEY_TLS_CERTIFICATE],
                                "tls-certificate: tls-key must name its key");
  if (*config->tls_certificate == '\0' && *config->tls_key != '\0')
    return text_file_set_error (error, self->file, self->key_lines[KEY_TLS_KEY],
                                "tls-key: tls-certificate must name its certificate");
  return TRUE;
}

static void
make_absolute (char **path, const char *folder)
{
  char *absolute = g_canonicalize_filename (*path, folder);

  g_free (*path);
  *path = absolute;
}

/* systemd gives the folder in $STATE_DIRECTORY; of several, the first is ours. */
static char *
default_data_directory (void)
{
  const char *state = g_getenv ("STATE_DIRECTORY");

  if (state != NULL && *state != '\0' && *state != ':')
    return g_strndup (state, strcspn (state, ":"));
  return g_build_filename (g_get_user_data_dir (), "webchat-server", NULL);
}

static void
finish_paths (Config *config, const char *file)
{
  g_autofree char *name = file != NULL ? g_path_get_dirname (file) : g_get_current_dir ();
  g_autofree char *folder = g_canonicalize_filename (name, NULL);

  if (*config->data_directory == '\0')
    {
      g_free (config->data_directory);
      config->data_directory = default_data_directory ();
    }
  make_absolute (&config->data_directory, folder);
  make_absolute (&config->client_list, folder);
  if (*config->tls_certificate != '\0')
    {
      make_absolute (&config->tls_certificate, folder);
      make_absolute (&config->tls_key, folder);
    }
  else
    {
      g_clear_pointer (&config->tls_certificate, g_free);
      g_clear_pointer (&config->tls_key, g_free);
    }
}

static gboolean
read_file (Reader *self, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) wrong = NULL;
  gsize len;

  text = text_file_read (self->file, FILE_MAX, &len, error);
  if (text == NULL || !scan (self, text, len, error))
    return FALSE;
  if (len == 0 || g_key_file_load_from_data (self->values, text, len, G_KEY_FILE_NONE, &wrong))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", self->file, wrong->message);
  return FALSE;
}

static gboolean
fill (Config *config, Reader *self, GError **error)
{
  if (self->file != NULL && !read_file (self, error))
    return FALSE;
  for (guint i = 0; i < N_KEYS; i++)
    if (!set_key (config, self, i, error))
      return FALSE;
  if (!check_tls (config, self, error) || !check_exposure (config, self, error))
    return FALSE;
  finish_paths (config, self->file);
  return TRUE;
}

Config *
config_load (const char *file, GError **error)
{
  g_autoptr (Config) config = g_new0 (Config, 1);
  g_autoptr (GKeyFile) values = g_key_file_new ();
  g_autoptr (GHashTable) groups = g_hash_table_new (g_str_hash, g_str_equal);
  Reader reader = { .file = file, .values = values, .groups = groups };

  return fill (config, &reader, error) ? g_steal_pointer (&config) : NULL;
}

void
config_free (Config *self)
{
  g_strfreev (self->listen);
  g_strfreev (self->tls_listen);
  g_free (self->tls_certificate);
  g_free (self->tls_key);
  g_free (self->client_list);
  g_free (self->data_directory);
  g_free (self);
}

GInetSocketAddress *
config_parse_address (const char *text)
{
  const char *colon = strrchr (text, ':');
  gboolean bracketed = text[0] == '[' && colon != NULL && colon > text + 1 && colon[-1] == ']';
  g_autofree char *host = NULL;
  g_autoptr (GInetAddress) address = NULL;
  guint64 port;

  if (colon == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXUINT16, &port, NULL))
    return NULL;
  host = bracketed ? g_strndup (text + 1, (gsize)(colon - text) - 2)
                   : g_strndup (text, (gsize)(colon - text));
  address = g_inet_address_new_from_string (host);
  if (address == NULL || (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6) != bracketed)
    return NULL;
  return G_INET_SOCKET_ADDRESS (g_inet_socket_address_new (address, (guint16)port));
}
