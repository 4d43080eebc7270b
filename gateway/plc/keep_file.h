/* SPDX-License-Identifier: Apache-2.0 */
/**
 * RETAIN variables in a state directory: what a scan left is there after kill -9.
 *
 * Two files are written in turn, each mapped into memory, so that a scan costs no call
 * to the system; a sum over each tells which one is whole.  After a power cut they are
 * what the system had written by itself, or keep_file_close() did.
 */
#ifndef GATEWAY_PLC_KEEP_FILE_H
#define GATEWAY_PLC_KEEP_FILE_H

#include <stdio.h>

#include "twin/plc/program.h"

struct keep_file;

/**
 * Open, or make, dir and its files; give p back what is kept.  Variables that are gone
 * or are of another type now are said in one line.
 *
 * @param[out] out  set on success only
 * @param p         borrowed, before its first scan
 * @return 0, -EBUSY: another process has it, -ENOMEM, or what the file system says
 */
int keep_file_open(struct keep_file **out, const char *dir, struct program *p,
                   FILE *complaints);

/** Keep what is retained now; nothing is written where nothing changed.
 * @return 0, -ENOMEM, or what the file system says; then the last one kept is whole */
int keep_file_save(struct keep_file *k);

void keep_file_close(struct keep_file *k);

#endif
