/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/units.h"

#include <errno.h>
#include <string.h>

#include "drivers/reading.h"

#define PI 3.14159265358979323846

/* By quantity; exact where the definition is.  Inch 25.4 mm, pound 0.45359237 kg
 * (international yard and pound agreement 1959), standard gravity 9.80665 m/s2 (CGPM
 * 1901), US gallon 231 cubic inches, metric horsepower 75 kgf m/s. */
static const struct unit units[] = {
	/* ratio */
	{"", "1", 1, 0},
	{"1", "1", 1, 0},
	{"%", "1", 1e-2, 0},
	{"ppm", "1", 1e-6, 0},
	/* time */
	{"s", "s", 1, 0},
	{"ms", "s", 1e-3, 0},
	{"us", "s", 1e-6, 0},
	{"min", "s", 60, 0},
	{"h", "s", 3600, 0},
	{"d", "s", 86400, 0},
	/* length */
	{"m", "m", 1, 0},
	{"km", "m", 1e3, 0},
	{"dm", "m", 1e-1, 0},
	{"cm", "m", 1e-2, 0},
	{"mm", "m", 1e-3, 0},
	{"um", "m", 1e-6, 0},
	{"in", "m", 0.0254, 0},
	{"ft", "m", 0.3048, 0},
	/* area */
	{"m2", "m2", 1, 0},
	{"m²", "m2", 1, 0},
	{"cm2", "m2", 1e-4, 0},
	{"cm²", "m2", 1e-4, 0},
	{"mm2", "m2", 1e-6, 0},
	{"mm²", "m2", 1e-6, 0},
	/* volume */
	{"m3", "m3", 1, 0},
	{"m³", "m3", 1, 0},
	{"hl", "m3", 0.1, 0},
	{"l", "m3", 1e-3, 0},
	{"L", "m3", 1e-3, 0},
	{"ml", "m3", 1e-6, 0},
	{"mL", "m3", 1e-6, 0},
	{"gal", "m3", 3.785411784e-3, 0},
	/* volume flow */
	{"m3/s", "m3/s", 1, 0},
	{"m³/s", "m3/s", 1, 0},
	{"m3/min", "m3/s", 1 / 60.0, 0},
	{"m3/h", "m3/s", 1 / 3600.0, 0},
	{"m³/h", "m3/s", 1 / 3600.0, 0},
	{"m3/d", "m3/s", 1 / 86400.0, 0},
	{"l/s", "m3/s", 1e-3, 0},
	{"L/s", "m3/s", 1e-3, 0},
	{"l/min", "m3/s", 1e-3 / 60, 0},
	{"L/min", "m3/s", 1e-3 / 60, 0},
	{"l/h", "m3/s", 1e-3 / 3600, 0},
	{"L/h", "m3/s", 1e-3 / 3600, 0},
	{"ml/min", "m3/s", 1e-6 / 60, 0},
	{"gal/min", "m3/s", 3.785411784e-3 / 60, 0},
	{"gpm", "m3/s", 3.785411784e-3 / 60, 0},
	/* speed, acceleration */
	{"m/s", "m/s", 1, 0},
	{"mm/s", "m/s", 1e-3, 0},
	{"m/min", "m/s", 1 / 60.0, 0},
	{"km/h", "m/s", 1 / 3.6, 0},
	{"m/s2", "m/s2", 1, 0},
	{"m/s²", "m/s2", 1, 0},
	{"gn", "m/s2", 9.80665, 0},
	/* frequency */
	{"Hz", "Hz", 1, 0},
	{"kHz", "Hz", 1e3, 0},
	{"MHz", "Hz", 1e6, 0},
	{"1/s", "Hz", 1, 0},
	{"1/min", "Hz", 1 / 60.0, 0},
	/* angle, speed of rotation */
	{"rad", "rad", 1, 0},
	{"deg", "rad", PI / 180, 0},
	{"°", "rad", PI / 180, 0},
	{"rad/s", "rad/s", 1, 0},
	{"deg/s", "rad/s", PI / 180, 0},
	{"rpm", "rad/s", 2 * PI / 60, 0},
	{"1/min", "rad/s", 2 * PI / 60, 0},
	{"1/s", "rad/s", 2 * PI, 0},
	{"Hz", "rad/s", 2 * PI, 0},
	/* mass, mass flow, density */
	{"kg", "kg", 1, 0},
	{"g", "kg", 1e-3, 0},
	{"mg", "kg", 1e-6, 0},
	{"t", "kg", 1e3, 0},
	{"lb", "kg", 0.45359237, 0},
	{"kg/s", "kg/s", 1, 0},
	{"kg/min", "kg/s", 1 / 60.0, 0},
	{"kg/h", "kg/s", 1 / 3600.0, 0},
	{"t/h", "kg/s", 1 / 3.6, 0},
	{"g/s", "kg/s", 1e-3, 0},
	{"kg/m3", "kg/m3", 1, 0},
	{"kg/m³", "kg/m3", 1, 0},
	{"g/cm3", "kg/m3", 1e3, 0},
	{"kg/l", "kg/m3", 1e3, 0},
	/* force, torque, pressure */
	{"N", "N", 1, 0},
	{"kN", "N", 1e3, 0},
	{"Nm", "N m", 1, 0},
	{"N m", "N m", 1, 0},
	{"kNm", "N m", 1e3, 0},
	{"Pa", "Pa", 1, 0},
	{"hPa", "Pa", 1e2, 0},
	{"kPa", "Pa", 1e3, 0},
	{"MPa", "Pa", 1e6, 0},
	{"mbar", "Pa", 1e2, 0},
	{"bar", "Pa", 1e5, 0},
	{"atm", "Pa", 101325, 0},
	{"psi", "Pa", 0.45359237 * 9.80665 / (0.0254 * 0.0254), 0},
	/* temperature */
	{"K", "K", 1, 0},
	{"degC", "K", 1, 273.15},
	{"°C", "K", 1, 273.15},
	{"C", "K", 1, 273.15},
	{"degF", "K", 5 / 9.0, 459.67 * 5 / 9},
	{"°F", "K", 5 / 9.0, 459.67 * 5 / 9},
	/* energy, power, heat */
	{"J", "J", 1, 0},
	{"kJ", "J", 1e3, 0},
	{"MJ", "J", 1e6, 0},
	{"Wh", "J", 3600, 0},
	{"kWh", "J", 3.6e6, 0},
	{"MWh", "J", 3.6e9, 0},
	{"W", "W", 1, 0},
	{"mW", "W", 1e-3, 0},
	{"kW", "W", 1e3, 0},
	{"MW", "W", 1e6, 0},
	{"hp", "W", 745.69987158227022, 0},
	{"PS", "W", 735.49875, 0},
	{"J/K", "J/K", 1, 0},
	{"kJ/K", "J/K", 1e3, 0},
	{"W/K", "W/K", 1, 0},
	{"kW/K", "W/K", 1e3, 0},
	{"J/(kg K)", "J/(kg K)", 1, 0},
	{"kJ/(kg K)", "J/(kg K)", 1e3, 0},
	/* electricity */
	{"V", "V", 1, 0},
	{"mV", "V", 1e-3, 0},
	{"kV", "V", 1e3, 0},
	{"A", "A", 1, 0},
	{"mA", "A", 1e-3, 0},
	{"kA", "A", 1e3, 0},
	{"Ohm", "Ohm", 1, 0},
	{"Ω", "Ohm", 1, 0},
	{"kOhm", "Ohm", 1e3, 0},
	{"H", "H", 1, 0},
	{"mH", "H", 1e-3, 0},
};

const struct unit *units_at(size_t i)
{
	return i < ARRAY_SIZE(units) ? &units[i] : NULL;
}

int units_convert(const char *name, const char *si, double *scale, double *offset)
{
	int err = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(units[i].name, name) != 0) {
			continue;
		}
		if (strcmp(units[i].si, si) == 0) {
			*scale = units[i].scale;
			*offset = units[i].offset;
			return 0;
		}
		err = -EDOM;
	}
	/* A model may have a unit of its own that no table needs to know. */
	if (err == -ENOENT && strcmp(name, si) == 0) {
		*scale = 1;
		*offset = 0;
		err = 0;
	}
	return err;
}
