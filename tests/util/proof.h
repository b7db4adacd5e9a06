/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCRAM-SHA-256 as a stranger would write it from RFC 5802 and shared/PROTOCOL.md: by hand, on GLib's HMAC, with every message open to be spoiled. */
#pragma once

#include "tests/util/client.h"

/* A verifier for a ClientID-List. salt: its bytes, as text. Transfer full. */
char *test_verifier_new (const char *password, guint iterations, const char *salt);
/* One that is quick to prove; other passwords have other salts. */
char *test_verifier (const char *password);

/* Its base64; transfer full. */
char *test_base64 (const char *text);
char *test_base64_bytes (const guint8 *bytes, gsize len);
/* The text that a base64 word stands for; transfer full. Fails unless it is a text. */
char *test_unbase64 (const char *base64);

/* One exchange. Everything may be changed before it is used. All texts as they are before base64. */
typedef struct
{
  char *header;     /* "n,," */
  GBytes *binding;  /* what c= holds after the header; NULL: nothing */
  char *first_bare; /* "n=alice,r=nonce" */
  char *challenge;  /* what the server said */
  char *nonce;      /* the server's, for r= */
  char *v;          /* "v=…", which the server has to answer, after test_proof_final() */
} TestProof;

/* header: "n,,"; the nonce is another one each time. */
TestProof *test_proof_new (const char *header, const char *id);
void test_proof_free (TestProof *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestProof, test_proof_free)

char *test_proof_first (TestProof *self); /* client-first, in base64; transfer full */
/* Takes the word of CHALLENGE. */
void test_proof_take_challenge (TestProof *self, const char *base64);
guint test_proof_iterations (TestProof *self);
char *test_proof_salt (TestProof *self); /* in base64; transfer full */
/* client-final, in base64; transfer full. */
char *test_proof_final (TestProof *self, const char *password);

/* HELLO up to AUTH_REQUIRED; AUTH up to CHALLENGE. */
void test_hello (TestClient *client, const char *id);
void test_auth (TestClient *client, TestProof *proof);
/* RESPONSE; the caller expects the answer. */
void test_respond (TestClient *client, TestProof *proof, const char *password);
/* All of it, up to DECLINED and the end, or to CONNECTED with the right v. */
void test_prove (TestClient *client, const char *id, const char *password);
void test_fail_to_prove (TestClient *client, const char *id, const char *password);

/* Connects, and proves who it is. */
TestClient *test_login_proved (TestServer *server, const char *id, const char *password);

/* Connects from an address that no other client of this test comes from: what others have failed at does not slow it. */
TestClient *test_connect_afresh (TestServer *server, const char *name);

/* The token of an invitation, made from the server's secret as its documentation says. verifier: what stands in the list. expires: seconds since 1970.
 * Transfer full. */
char *test_invitation_token (TestServer *server, const char *id, const char *verifier, gint64 expires);
