/* SPDX-License-Identifier: Apache-2.0 */
/**
 * OpenPLC's Modbus map of a program's image: coils are %QX0.0 and on, discrete inputs
 * %IX0.0, input registers %IW0; holding registers 0 to 1023 are %QW, 1024 to 2047 %MW,
 * 2048 to 4095 %MD (two registers each), 4096 to 8191 %ML (four each), the high word
 * first.
 *
 * Behind it, where OpenPLC has nothing, the inputs can be written by who plays the
 * machine: coils from 8192 on are %IX0.0 and on, holding registers from 8192 on %IW0.
 */
#ifndef GATEWAY_PLC_MODBUS_MAP_H
#define GATEWAY_PLC_MODBUS_MAP_H

#include "drivers/modbus/server.h"
#include "twin/plc/program.h"

enum { MODBUS_MAP_INPUTS = 8192 };

/** Carry an access out.  @return 0, or PDU_ILLEGAL_ADDRESS and nothing changed */
uint8_t modbus_map_access(struct program *p, const struct server_access *access);

#endif
