/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates for tests, made when they are needed: nothing in the tree that runs out some day. */
#pragma once

#include <gio/gio.h>

typedef struct
{
  const char *name;        /* DNS name or address that it is for */
  GTlsCertificate *issuer; /* NULL: itself */
  int days_from, days_to;  /* seen from today */
  gboolean is_ca;
} CertificateSpec;

/* With its key. Transfer full. */
GTlsCertificate *certificate_new (const CertificateSpec *spec);

/* SHA-256 of its DER, as 64 hex digits. Transfer full. */
char *certificate_fingerprint (GTlsCertificate *certificate);

/* Who trusts what this one has signed, and nothing else. Transfer full. */
GTlsDatabase *certificate_database_new (GTlsCertificate *ca);
