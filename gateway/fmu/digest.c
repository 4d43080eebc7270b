/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

static int add_file(EVP_MD_CTX *c, int fd)
{
	char buf[16384];
	ssize_t n = 1;

	while (n > 0) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		if (n > 0 && EVP_DigestUpdate(c, buf, (size_t)n) != 1) {
			return -EIO;
		}
		n = n < 0 ? 1 : n;
	}
	return 0;
}

static void print(const unsigned char *sum, unsigned n, char *hex)
{
	for (size_t i = 0; i < n; i++) {
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	}
}

int digest_bytes(const void *bytes, size_t n, char *hex)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n_sum = 0;

	if (EVP_Digest(bytes, n, sum, &n_sum, EVP_sha256(), NULL) != 1) {
		return -ENOMEM;
	}
	print(sum, n_sum, hex);
	return 0;
}

int digest_file(const char *path, char *hex)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err = fd < 0 ? -errno : 0;

	if (!err && (!c || EVP_DigestInit_ex(c, EVP_sha256(), NULL) != 1)) {
		err = -ENOMEM;
	}
	if (!err) {
		err = add_file(c, fd);
	}
	if (!err && EVP_DigestFinal_ex(c, sum, &n) != 1) {
		err = -EIO;
	}
	print(sum, n, hex);
	if (fd >= 0) {
		close(fd);
	}
	EVP_MD_CTX_free(c);
	return err;
}
