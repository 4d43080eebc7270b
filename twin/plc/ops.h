/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations, a line each: OP(name, what it does).  Included by code.h for their
 * numbers and by loop.h for their work, so without a guard.
 *
 * A, B, C are the operands' places; get_ and put_ read and write them as b BOOL, i int32,
 * u uint32, l int64, q uint64, f REAL, d LREAL, s offset of a place in memory.  Letters
 * at the end of a name are those of its operands.
 */
#define OPS_ARITHMETIC(name, sign)                                                       \
	OP(name##_I, put_u(A, get_u(B) sign get_u(C)))                                   \
	OP(name##_L, put_q(A, get_q(B) sign get_q(C)))                                   \
	OP(name##_F, put_f(A, get_f(B) sign get_f(C)))                                   \
	OP(name##_D, put_d(A, get_d(B) sign get_d(C)))                                   \
	OP(name##_I8, put_i(A, (int8_t)(get_u(B) sign get_u(C))))                        \
	OP(name##_I16, put_i(A, (int16_t)(get_u(B) sign get_u(C))))                      \
	OP(name##_U8, put_u(A, (uint8_t)(get_u(B) sign get_u(C))))                       \
	OP(name##_U16, put_u(A, (uint16_t)(get_u(B) sign get_u(C))))

#define OPS_COMPARE(name, sign)                                                          \
	OP(name##_B, put_b(A, get_b(B) sign get_b(C)))                                   \
	OP(name##_I, put_b(A, get_i(B) sign get_i(C)))                                   \
	OP(name##_U, put_b(A, get_u(B) sign get_u(C)))                                   \
	OP(name##_L, put_b(A, get_l(B) sign get_l(C)))                                   \
	OP(name##_Q, put_b(A, get_q(B) sign get_q(C)))                                   \
	OP(name##_F, put_b(A, get_f(B) sign get_f(C)))                                   \
	OP(name##_D, put_b(A, get_d(B) sign get_d(C)))

/* To c where a and b compare; JN: where they do not, which is another thing of NaN. */
#define OPS_BRANCH(name, test)                                                           \
	OP(name##_I, BRANCH(test(get_i(A), get_i(B)), i->c))                             \
	OP(name##_U, BRANCH(test(get_u(A), get_u(B)), i->c))                             \
	OP(name##_L, BRANCH(test(get_l(A), get_l(B)), i->c))                             \
	OP(name##_Q, BRANCH(test(get_q(A), get_q(B)), i->c))                             \
	OP(name##_F, BRANCH(test(get_f(A), get_f(B)), i->c))                             \
	OP(name##_D, BRANCH(test(get_d(A), get_d(B)), i->c))

#define OPS_LOWER_HIGHER(t)                                                              \
	OP(MIN_##t, put_##t(A, get_##t(C) < get_##t(B) ? get_##t(C) : get_##t(B)))       \
	OP(MAX_##t, put_##t(A, get_##t(C) > get_##t(B) ? get_##t(C) : get_##t(B)))

/* A loop's end: a counts by 1 up to b; or by the step that stands behind b. */
#define OPS_LOOP(t, unsigned_t, get_raw, put_raw)                                        \
	OP(LOOP_##t, COUNT(get_##t(A) < get_##t(B), put_raw(A, get_raw(A) + 1u)))        \
	OP(STEP_##t, COUNT(step_##t(A, B), put_raw(A, get_raw(A) + get_raw(B + 8))))     \
	OP(ENTER_##t, BRANCH(!enter_##t(A, B), i->c))

OP(HALT, goto halted)

/* moves: within the frame, from and to the globals, of addresses */
OP(MOVE1, put_b(A, get_b(B)))
OP(MOVE4, put_u(A, get_u(B)))
OP(MOVE8, put_q(A, get_q(B)))
OP(MOVE_N, memmove(A, B, i->c))
OP(LOAD1, put_b(A, get_b(mem + i->b)))
OP(LOAD4, put_u(A, get_u(mem + i->b)))
OP(LOAD8, put_q(A, get_q(mem + i->b)))
OP(LOAD_N, memmove(A, mem + i->b, i->c))
OP(STORE1, put_b(mem + i->a, get_b(B)))
OP(STORE4, put_u(mem + i->a, get_u(B)))
OP(STORE8, put_q(mem + i->a, get_q(B)))
OP(STORE_N, memmove(mem + i->a, B, i->c))
OP(ADDRESS, put_u(A, (uint32_t)(fp - mem) + i->b))
OP(ADDRESS_ABSOLUTE, put_u(A, i->b))
OP(ADDRESS_ADD, put_u(A, get_u(B) + i->c))
OP(FETCH1, put_b(A, get_b(mem + get_u(B) + i->c)))
OP(FETCH4, put_u(A, get_u(mem + get_u(B) + i->c)))
OP(FETCH8, put_q(A, get_q(mem + get_u(B) + i->c)))
OP(KEEP1, put_b(mem + get_u(A) + i->c, get_b(B)))
OP(KEEP4, put_u(mem + get_u(A) + i->c, get_u(B)))
OP(KEEP8, put_q(mem + get_u(A) + i->c, get_q(B)))
OP(COPY, memmove(mem + get_u(A), mem + get_u(B), i->c))

/* arrays: index c checked against code_array b; dense: elements side by side */
OP(ELEMENT1, CHECKED(i->b, get_i(C), put_b(A, get_b(ELEMENT))))
OP(DENSE1, CHECKED(i->b, get_i(C), put_b(A, get_b(DENSE(1)))))
OP(ELEMENT4, CHECKED(i->b, get_i(C), put_u(A, get_u(ELEMENT))))
OP(DENSE4, CHECKED(i->b, get_i(C), put_u(A, get_u(DENSE(4)))))
OP(ELEMENT8, CHECKED(i->b, get_i(C), put_q(A, get_q(ELEMENT))))
OP(DENSE8, CHECKED(i->b, get_i(C), put_q(A, get_q(DENSE(8)))))
OP(SET_ELEMENT1, CHECKED(i->b, get_i(C), put_b(ELEMENT, get_b(A))))
OP(SET_DENSE1, CHECKED(i->b, get_i(C), put_b(DENSE(1), get_b(A))))
OP(SET_ELEMENT4, CHECKED(i->b, get_i(C), put_u(ELEMENT, get_u(A))))
OP(SET_DENSE4, CHECKED(i->b, get_i(C), put_u(DENSE(4), get_u(A))))
OP(SET_ELEMENT8, CHECKED(i->b, get_i(C), put_q(ELEMENT, get_q(A))))
OP(SET_DENSE8, CHECKED(i->b, get_i(C), put_q(DENSE(8), get_q(A))))
OP(INDEX, CHECKED(i->b, get_i(C), put_u(A, at)))
OP(INDEX_MORE, CHECKED(i->b, get_i(C), put_u(A, get_u(A) * array->n + at)))
OP(INDEX_ADDRESS, CHECKED(i->b, get_i(C), put_u(A, (uint32_t)(ELEMENT - mem))))
OP(INDEX_FURTHER, CHECKED(i->b, get_i(C), put_u(A, get_u(A) + at * array->stride)))
OP(INDEX_OF_L, put_i(A, cut_l(get_l(B))))
OP(INDEX_OF_U, put_i(A, cut_q(get_u(B))))
OP(INDEX_OF_Q, put_i(A, cut_q(get_q(B))))

/* into the range of a narrow type; subranges b..c, whose limits are slots */
OP(WRAP_I8, put_i(A, (int8_t)get_u(B)))
OP(WRAP_I16, put_i(A, (int16_t)get_u(B)))
OP(WRAP_U8, put_u(A, (uint8_t)get_u(B)))
OP(WRAP_U16, put_u(A, (uint16_t)get_u(B)))
OP(RANGE_I, RANGE(get_i))
OP(RANGE_U, RANGE(get_u))
OP(RANGE_L, RANGE(get_l))
OP(RANGE_Q, RANGE(get_q))

OPS_ARITHMETIC(ADD, +)
OPS_ARITHMETIC(SUB, -)
OPS_ARITHMETIC(MUL, *)
OP(DIV_I, NONZERO(get_i(C), put_i(A, divide_i(get_i(B), get_i(C)))))
OP(DIV_U, NONZERO(get_u(C), put_u(A, get_u(B) / get_u(C))))
OP(DIV_L, NONZERO(get_l(C), put_l(A, divide_l(get_l(B), get_l(C)))))
OP(DIV_Q, NONZERO(get_q(C), put_q(A, get_q(B) / get_q(C))))
OP(DIV_F, put_f(A, divide_f(get_f(B), get_f(C))))
OP(DIV_D, put_d(A, divide_d(get_d(B), get_d(C))))
OP(MOD_I, NONZERO(get_i(C), put_i(A, modulo_i(get_i(B), get_i(C)))))
OP(MOD_U, NONZERO(get_u(C), put_u(A, get_u(B) % get_u(C))))
OP(MOD_L, NONZERO(get_l(C), put_l(A, modulo_l(get_l(B), get_l(C)))))
OP(MOD_Q, NONZERO(get_q(C), put_q(A, get_q(B) % get_q(C))))
OP(NEG_I, put_u(A, 0u - get_u(B)))
OP(NEG_L, put_q(A, 0u - get_q(B)))
OP(NEG_F, put_f(A, -get_f(B)))
OP(NEG_D, put_d(A, -get_d(B)))
OP(ABS_I, put_u(A, get_i(B) < 0 ? 0u - get_u(B) : get_u(B)))
OP(ABS_L, put_q(A, get_l(B) < 0 ? 0u - get_q(B) : get_q(B)))
OP(ABS_F, put_f(A, fabsf(get_f(B))))
OP(ABS_D, put_d(A, fabs(get_d(B))))
OP(SQRT_F, put_f(A, sqrtf(get_f(B))))
OP(SQRT_D, put_d(A, sqrt(get_d(B))))
OPS_LOWER_HIGHER(i)
OPS_LOWER_HIGHER(u)
OPS_LOWER_HIGHER(l)
OPS_LOWER_HIGHER(q)
OPS_LOWER_HIGHER(f)
OPS_LOWER_HIGHER(d)

/* conversions: between slots of the commonest types, else c is from | to << 8 | way */
OP(I_TO_L, put_l(A, get_i(B)))
OP(U_TO_L, put_l(A, get_u(B)))
OP(I_TO_F, put_f(A, (float)get_i(B)))
OP(I_TO_D, put_d(A, get_i(B)))
OP(F_TO_D, put_d(A, (double)get_f(B)))
OP(D_TO_F, put_f(A, narrow_d(get_d(B))))
OP(B_TO_I, put_u(A, get_b(B)))
OP(CONVERT, convert_slot(A, B, i->c))

/* bits; ANDN and ORN take the complement of c.  NOT_I: within mask c */
OP(AND_B, put_b(A, (int)get_b(B) & (int)get_b(C)))
OP(AND_I, put_u(A, get_u(B) & get_u(C)))
OP(AND_L, put_q(A, get_q(B) & get_q(C)))
OP(OR_B, put_b(A, (int)get_b(B) | (int)get_b(C)))
OP(OR_I, put_u(A, get_u(B) | get_u(C)))
OP(OR_L, put_q(A, get_q(B) | get_q(C)))
OP(XOR_B, put_b(A, (int)get_b(B) ^ (int)get_b(C)))
OP(XOR_I, put_u(A, get_u(B) ^ get_u(C)))
OP(XOR_L, put_q(A, get_q(B) ^ get_q(C)))
OP(ANDN_B, put_b(A, get_b(B) & (get_b(C) ^ 1)))
OP(ORN_B, put_b(A, get_b(B) | (get_b(C) ^ 1)))
OP(NOT_B, put_b(A, get_b(B) ^ 1))
/* any function of four BOOL, as the table of its 16 values: takes two instructions */
OP(TABLE, put_b(A, i[1].c >> TABLE_INDEX & 1); i++)
OP(TABLE_MORE, goto halted)
OP(NOT_I, put_u(A, ~get_u(B) & i->c))
OP(NOT_L, put_q(A, ~get_q(B)))
/* c is the shift of the part | its bits << 8 */
OP(PART_I, put_u(A, get_u(B) >> (i->c & 255) & (uint32_t)part_mask(i->c)))
OP(PART_L, put_q(A, get_q(B) >> (i->c & 255) & part_mask(i->c)))
OP(SET_PART_I, put_u(A, (uint32_t)part_set(get_u(A), get_u(B), i->c)))
OP(SET_PART_L, put_q(A, part_set(get_q(A), get_q(B), i->c)))

OPS_COMPARE(EQ, ==)
OPS_COMPARE(NE, !=)
OPS_COMPARE(LT, <)
OPS_COMPARE(LE, <=)

/* jumps; a backward one feeds the watchdog */
OP(JUMP, BRANCH(true, i->c))
OP(JT, BRANCH(get_b(A), i->c))
OP(JF, BRANCH(!get_b(A), i->c))
OPS_BRANCH(JEQ, IS_EQ)
OPS_BRANCH(JNE, IS_NE)
OPS_BRANCH(JLT, IS_LT)
OPS_BRANCH(JLE, IS_LE)
OPS_BRANCH(JNLT, IS_NLT)
OPS_BRANCH(JNLE, IS_NLE)
OPS_LOOP(i, uint32_t, get_u, put_u)
OPS_LOOP(u, uint32_t, get_u, put_u)
OPS_LOOP(l, uint64_t, get_q, put_q)
OPS_LOOP(q, uint64_t, get_q, put_q)

/* calls: of code at c, whose frame is memory, an instance, or an address */
OP(CALL, CALLED(mem))
OP(CALL_BLOCK, CALLED(A))
OP(CALL_ADDRESS, CALLED(mem + get_u(A)))
OP(RETURN, RETURNED)
OP(FUNCTION, functions_call(vm, fp, i))

/* standard blocks: instance a; inputs b, c, else they stand in the instance already */
OP(SR, block_sr(A, get_b(B), get_b(C)))
OP(RS, block_rs(A, get_b(B), get_b(C)))
OP(R_TRIG, block_r_trig(A, get_b(B)))
OP(F_TRIG, block_f_trig(A, get_b(B)))
OP(TON, block_ton(A, get_b(B), get_l(C), now))
OP(TOF, block_tof(A, get_b(B), get_l(C), now))
OP(TP, block_tp(A, get_b(B), get_l(C), now))
OP(BLOCK, block_run(i->b, A, now))
OP(BLOCK_ADDRESS, block_run(i->b, mem + get_u(A), now))

OP(POINT, vm->counts[i->a]++)

#undef OPS_ARITHMETIC
#undef OPS_COMPARE
#undef OPS_BRANCH
#undef OPS_LOWER_HIGHER
#undef OPS_LOOP
