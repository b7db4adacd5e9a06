/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/certificate.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "identity/files.h"
#include "text-file.h"

#define CERTIFICATE_FILE "tls-certificate.pem"
#define KEY_FILE         "tls-key.pem"

#define PEM_MAX     (1024 * 1024) /* bytes that are read of a file */
#define YEARS       10
#define YEAR_S      (365 * 24 * 3600)
#define CLOCK_OFF_S (24 * 3600) /* so far a client's clock may be behind */
#define SERIAL_LEN  16
#define COMMON_NAME_MAX 64 /* X.520 */

typedef struct gnutls_x509_crt_int X509;
typedef struct gnutls_x509_privkey_int X509Key;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509, gnutls_x509_crt_deinit)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509Key, gnutls_x509_privkey_deinit)

char *
certificate_get_own_file (const char *data_directory)
{
  return g_build_filename (data_directory, CERTIFICATE_FILE, NULL);
}

char *
certificate_get_own_key_file (const char *data_directory)
{
  return g_build_filename (data_directory, KEY_FILE, NULL);
}

/* Whether GnuTLS did it. */
static gboolean
succeeded (int result, const char *file, GError **error)
{
  if (result >= 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", file, gnutls_strerror (result));
  return FALSE;
}

static void
free_pem (gnutls_datum_t *pem)
{
  if (pem->data != NULL)
    explicit_bzero (pem->data, pem->size);
  gnutls_free (pem->data);
  pem->data = NULL;
}

/* The key */

static X509Key *
load_key (const char *file, GError **error)
{
  g_autoptr (X509Key) key = NULL;
  gnutls_datum_t pem;
  gsize len;
  char *text = text_file_read (file, PEM_MAX, &len, error);
  gboolean good;

  if (text == NULL)
    return NULL;
  pem = (gnutls_datum_t) { (guchar *) text, len };
  good = succeeded (gnutls_x509_privkey_init (&key), file, error)
         && succeeded (gnutls_x509_privkey_import (key, &pem, GNUTLS_X509_FMT_PEM), file, error);
  explicit_bzero (text, len);
  g_free (text);
  return good ? g_steal_pointer (&key) : NULL;
}

static gboolean
make_key (const char *file, const struct stat *owner, GError **error)
{
  g_autoptr (X509Key) key = NULL;
  g_autoptr (GError) writing = NULL;
  gnutls_datum_t pem = { NULL, 0 };
  gboolean good;

  if (!succeeded (gnutls_x509_privkey_init (&key), file, error)
      || !succeeded (gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0), file, error)
      || !succeeded (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem), file, error))
    return FALSE;

  good = files_replace (file, (const char *) pem.data, pem.size, owner, 0600, TRUE, &writing)
         || g_error_matches (writing, G_IO_ERROR, G_IO_ERROR_EXISTS); /* somebody was faster: then that is the key */
  free_pem (&pem);
  if (!good)
    g_propagate_error (error, g_steal_pointer (&writing));
  return good;
}

/* The certificate */

static int
add_name (X509 *certificate, const char *name)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (name);
  g_autofree char *ascii = NULL;

  if (address != NULL)
    return gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_IPADDRESS, g_inet_address_to_bytes (address),
                                                 g_inet_address_get_native_size (address), GNUTLS_FSAN_APPEND);
  ascii = g_hostname_to_ascii (name);
  if (ascii == NULL || *ascii == '\0' || strpbrk (ascii, " /:@[]") != NULL)
    return GNUTLS_E_INVALID_UTF8_STRING;
  return gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, ascii, strlen (ascii), GNUTLS_FSAN_APPEND);
}

static gboolean
add_names (X509 *certificate, const char *const *names, const char *file, GError **error)
{
  for (guint i = 0; names[i] != NULL; i++)
    if (add_name (certificate, names[i]) < 0)
      {
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s: \"%s\" is neither a host name nor an IP address", file, names[i]);
        return FALSE;
      }
  return TRUE;
}

/* Without one that it has not. */
static gboolean
add_default_names (X509 *certificate, const char *file, GError **error)
{
  static const char *const always[] = { "localhost", "127.0.0.1", "::1", NULL };
  const char *host = g_get_host_name ();

  if (!add_names (certificate, always, file, error))
    return FALSE;
  if (g_ascii_strcasecmp (host, "localhost") != 0)
    add_name (certificate, host);
  return TRUE;
}

static int
fill_in (X509 *certificate, X509Key *key, const char *common_name)
{
  guint8 serial[SERIAL_LEN];
  time_t now = time (NULL);
  int result;

  if (strlen (common_name) > COMMON_NAME_MAX)
    common_name = "webchat-server";
  if ((result = gnutls_rnd (GNUTLS_RND_NONCE, serial, sizeof serial)) < 0)
    return result;
  serial[0] = (serial[0] & 0x7f) | 0x40; /* a positive number of the full length */

  if ((result = gnutls_x509_crt_set_version (certificate, 3)) < 0 || (result = gnutls_x509_crt_set_key (certificate, key)) < 0
      || (result = gnutls_x509_crt_set_serial (certificate, serial, sizeof serial)) < 0
      || (result = gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, common_name, strlen (common_name))) < 0
      || (result = gnutls_x509_crt_set_activation_time (certificate, now - CLOCK_OFF_S)) < 0
      || (result = gnutls_x509_crt_set_expiration_time (certificate, now + (time_t) YEARS * YEAR_S)) < 0
      || (result = gnutls_x509_crt_set_basic_constraints (certificate, 0, -1)) < 0
      || (result = gnutls_x509_crt_set_key_usage (certificate, GNUTLS_KEY_DIGITAL_SIGNATURE)) < 0)
    return result;
  return gnutls_x509_crt_set_key_purpose_oid (certificate, GNUTLS_KP_TLS_WWW_SERVER, 0);
}

static gboolean
make_certificate (const char *file, X509Key *key, const char *const *names, const struct stat *owner, GError **error)
{
  g_autoptr (X509) certificate = NULL;
  g_autoptr (GError) writing = NULL;
  gnutls_datum_t pem = { NULL, 0 };
  gboolean good;

  if (!succeeded (gnutls_x509_crt_init (&certificate), file, error)
      || !succeeded (fill_in (certificate, key, names != NULL ? names[0] : "localhost"), file, error)
      || !(names != NULL ? add_names (certificate, names, file, error) : add_default_names (certificate, file, error))
      || !succeeded (gnutls_x509_crt_sign2 (certificate, certificate, key, GNUTLS_DIG_SHA256, 0), file, error)
      || !succeeded (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &pem), file, error))
    return FALSE;

  good = files_replace (file, (const char *) pem.data, pem.size, owner, 0644, TRUE, &writing)
         || g_error_matches (writing, G_IO_ERROR, G_IO_ERROR_EXISTS);
  free_pem (&pem);
  if (!good)
    g_propagate_error (error, g_steal_pointer (&writing));
  return good;
}

gboolean
certificate_ensure (const char *data_directory, const char *const *names, GError **error)
{
  g_autofree char *file = certificate_get_own_file (data_directory);
  g_autofree char *key_file = certificate_get_own_key_file (data_directory);
  g_autoptr (X509Key) key = NULL;
  gboolean has_certificate = g_file_test (file, G_FILE_TEST_EXISTS), has_key = g_file_test (key_file, G_FILE_TEST_EXISTS);
  struct stat owner;

  g_return_val_if_fail (names == NULL || names[0] != NULL, FALSE);

  if (has_certificate && has_key)
    return TRUE;
  if (has_certificate)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s is missing: put it back, or remove %s and have clients trust a new certificate",
                   key_file, file);
      return FALSE;
    }
  if (g_mkdir_with_parents (data_directory, 0700) != 0 || stat (data_directory, &owner) != 0)
    return files_set_error (error, data_directory);

  /* The key first: a certificate that somebody has seen always has its key. */
  if (!has_key && !make_key (key_file, &owner, error))
    return FALSE;
  key = load_key (key_file, error);
  return key != NULL && make_certificate (file, key, names, &owner, error);
}

/* Questions */

static X509 *
load_certificate (const char *file, GError **error)
{
  g_autoptr (X509) certificate = NULL;
  g_autofree char *text = NULL;
  gnutls_datum_t pem;
  gsize len;

  text = text_file_read (file, PEM_MAX, &len, error);
  if (text == NULL)
    return NULL;
  pem = (gnutls_datum_t) { (guchar *) text, len };
  if (!succeeded (gnutls_x509_crt_init (&certificate), file, error)
      || !succeeded (gnutls_x509_crt_import (certificate, &pem, GNUTLS_X509_FMT_PEM), file, error))
    return NULL;
  return g_steal_pointer (&certificate);
}

char *
certificate_get_fingerprint (const char *certificate_file, GError **error)
{
  g_autoptr (X509) certificate = load_certificate (certificate_file, error);
  gnutls_datum_t der = { NULL, 0 };
  char *fingerprint;

  if (certificate == NULL || !succeeded (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_DER, &der), certificate_file, error))
    return NULL;
  fingerprint = g_compute_checksum_for_data (G_CHECKSUM_SHA256, der.data, der.size);
  gnutls_free (der.data);
  return fingerprint;
}

/* NULL when the name at index is of another kind; *end when there is none at index. */
static char *
get_name (X509 *certificate, guint index, gboolean *end)
{
  char name[256];
  gsize len = sizeof name - 1;
  int kind = gnutls_x509_crt_get_subject_alt_name (certificate, index, name, &len, NULL);

  *end = kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
  if (kind == GNUTLS_SAN_DNSNAME)
    return g_strndup (name, len);
  if (kind == GNUTLS_SAN_IPADDRESS && (len == 4 || len == 16))
    {
      g_autoptr (GInetAddress) address
          = g_inet_address_new_from_bytes ((const guint8 *) name, len == 4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);

      return g_inet_address_to_string (address);
    }
  return NULL;
}

char *
certificate_get_name (const char *certificate_file, GError **error)
{
  g_autoptr (X509) certificate = load_certificate (certificate_file, error);
  gboolean end = FALSE;

  if (certificate == NULL)
    return NULL;
  for (guint i = 0; !end; i++)
    {
      char *name = get_name (certificate, i, &end);

      if (name != NULL)
        return name;
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: this certificate names no host", certificate_file);
  return NULL;
}
