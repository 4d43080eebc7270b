/* SPDX-License-Identifier: Apache-2.0 */
/** For files of storage/ that read their own table.  Nobody else includes it. */
#ifndef STORAGE_READER_IMPL_H
#define STORAGE_READER_IMPL_H

#include <sqlite3.h>

#include "storage/reader.h"

/** Its connection, with the time of one statement beginning now. */
sqlite3 *reader_begin(struct reader *r);

#endif
