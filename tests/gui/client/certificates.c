/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "certificates.h"

#include <glib/gstdio.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#define DAY_S (24 * 3600)

static void
check (int status)
{
  if (status < 0)
    g_error ("GnuTLS: %s", gnutls_strerror (status));
}

static void
load (GTlsCertificate *certificate, gnutls_x509_crt_t *crt, gnutls_x509_privkey_t *key)
{
  g_autofree char *pem = NULL, *key_pem = NULL;
  gnutls_datum_t data;

  g_object_get (certificate, "certificate-pem", &pem, "private-key-pem", &key_pem, NULL);
  check (gnutls_x509_crt_init (crt));
  data = (gnutls_datum_t) { (unsigned char *) pem, strlen (pem) };
  check (gnutls_x509_crt_import (*crt, &data, GNUTLS_X509_FMT_PEM));
  check (gnutls_x509_privkey_init (key));
  data = (gnutls_datum_t) { (unsigned char *) key_pem, strlen (key_pem) };
  check (gnutls_x509_privkey_import2 (*key, &data, GNUTLS_X509_FMT_PEM, NULL, 0));
}

static void
set_name (gnutls_x509_crt_t crt, const char *name)
{
  g_autofree char *dn = g_strconcat ("CN=", name, NULL);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (name);

  check (gnutls_x509_crt_set_dn (crt, dn, NULL));
  if (address != NULL)
    check (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_IPADDRESS, g_inet_address_to_bytes (address),
                                                 g_inet_address_get_native_size (address), GNUTLS_FSAN_SET));
  else
    check (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME, name, strlen (name), GNUTLS_FSAN_SET));
}

static GTlsCertificate *
export (gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
  gnutls_datum_t data;
  g_autofree char *pem = NULL;
  GTlsCertificate *certificate;
  GString *all = g_string_new (NULL);
  GError *error = NULL;

  check (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_PEM, &data));
  g_string_append_len (all, (char *) data.data, data.size);
  gnutls_free (data.data);
  check (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &data));
  g_string_append_len (all, (char *) data.data, data.size);
  gnutls_free (data.data);
  pem = g_string_free (all, FALSE);
  certificate = g_tls_certificate_new_from_pem (pem, -1, &error);
  g_assert_no_error (error);

  return certificate;
}

GTlsCertificate *
certificate_new (const CertificateSpec *spec)
{
  gnutls_x509_crt_t crt, issuer_crt = NULL;
  gnutls_x509_privkey_t key, issuer_key = NULL;
  GTlsCertificate *certificate;
  guint8 serial[16];

  check (gnutls_x509_privkey_init (&key));
  check (gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0));
  check (gnutls_x509_crt_init (&crt));
  check (gnutls_x509_crt_set_version (crt, 3));
  check (gnutls_x509_crt_set_key (crt, key));
  set_name (crt, spec->name);
  check (gnutls_rnd (GNUTLS_RND_NONCE, serial, sizeof serial));
  serial[0] &= 0x7f;
  check (gnutls_x509_crt_set_serial (crt, serial, sizeof serial));
  check (gnutls_x509_crt_set_activation_time (crt, time (NULL) + spec->days_from * DAY_S));
  check (gnutls_x509_crt_set_expiration_time (crt, time (NULL) + spec->days_to * DAY_S));
  check (gnutls_x509_crt_set_basic_constraints (crt, spec->is_ca, -1));
  check (gnutls_x509_crt_set_key_usage (crt, spec->is_ca ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE));

  if (spec->issuer != NULL)
    load (spec->issuer, &issuer_crt, &issuer_key);
  check (gnutls_x509_crt_sign2 (crt, issuer_crt != NULL ? issuer_crt : crt, issuer_key != NULL ? issuer_key : key, GNUTLS_DIG_SHA256, 0));
  certificate = export (crt, key);

  gnutls_x509_crt_deinit (crt);
  gnutls_x509_privkey_deinit (key);
  if (issuer_crt != NULL)
    gnutls_x509_crt_deinit (issuer_crt);
  if (issuer_key != NULL)
    gnutls_x509_privkey_deinit (issuer_key);

  return certificate;
}

char *
certificate_fingerprint (GTlsCertificate *certificate)
{
  g_autoptr (GByteArray) der = NULL;

  g_object_get (certificate, "certificate", &der, NULL);

  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, der->data, der->len);
}

static void
remove_cb (gpointer path, GObject *database)
{
  g_remove (path);
  g_free (path);
}

GTlsDatabase *
certificate_database_new (GTlsCertificate *ca)
{
  g_autofree char *path = NULL, *pem = NULL;
  GTlsDatabase *database;
  GError *error = NULL;
  int fd = g_file_open_tmp ("webchat-ca-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_object_get (ca, "certificate-pem", &pem, NULL);
  g_close (fd, NULL);
  g_file_set_contents (path, pem, -1, &error);
  g_assert_no_error (error);
  database = g_tls_file_database_new (path, &error);
  g_assert_no_error (error);
  g_object_weak_ref (G_OBJECT (database), remove_cb, g_steal_pointer (&path)); /* it reads the file when it is needed first */

  return database;
}
