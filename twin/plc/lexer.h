/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Text to words, numbers and signs (IEC 61131-3 edition 2, 2.1 and 2.2).
 *
 * Choices: `(* *)` nests, as edition 3 has it; in a file where that leaves one open at
 * the end, comments end at their first `*)`, as edition 2 has it, and a warning says so.
 * Also comments: `//` to the end of the line and `/ * * /` (edition 3).  A pragma `{ }`
 * is skipped, one that is not known to be harmless with a warning; conditional
 * compilation is refused.  What is wrong is reported at once and never twice: such a
 * token is `bad`, and whoever trips over it stays silent.
 */
#ifndef TWIN_PLC_LEXER_H
#define TWIN_PLC_LEXER_H

#include "twin/plc/ast.h"

/** The language's keywords.  Elementary types, EN and ENO are names here; so are the
 * words that only configurations and charts know (ON, WITH, TASK, STEP ...). */
#define LEXER_WORDS(X)                                                                   \
	X(AND)                                                                           \
	X(ARRAY)                                                                         \
	X(AT)                                                                            \
	X(BY)                                                                            \
	X(CASE)                                                                          \
	X(CONFIGURATION)                                                                 \
	X(CONSTANT)                                                                      \
	X(CONTINUE)                                                                      \
	X(DO)                                                                            \
	X(ELSE)                                                                          \
	X(ELSIF)                                                                         \
	X(END_ACTION)                                                                    \
	X(END_CASE)                                                                      \
	X(END_CONFIGURATION)                                                             \
	X(END_FOR)                                                                       \
	X(END_FUNCTION)                                                                  \
	X(END_FUNCTION_BLOCK)                                                            \
	X(END_IF)                                                                        \
	X(END_PROGRAM)                                                                   \
	X(END_REPEAT)                                                                    \
	X(END_RESOURCE)                                                                  \
	X(END_STEP)                                                                      \
	X(END_STRUCT)                                                                    \
	X(END_TRANSITION)                                                                \
	X(END_TYPE)                                                                      \
	X(END_VAR)                                                                       \
	X(END_WHILE)                                                                     \
	X(EXIT)                                                                          \
	X(FALSE)                                                                         \
	X(FOR)                                                                           \
	X(FUNCTION)                                                                      \
	X(FUNCTION_BLOCK)                                                                \
	X(F_EDGE)                                                                        \
	X(IF)                                                                            \
	X(MOD)                                                                           \
	X(NON_RETAIN)                                                                    \
	X(NOT)                                                                           \
	X(OF)                                                                            \
	X(OR)                                                                            \
	X(PROGRAM)                                                                       \
	X(REPEAT)                                                                        \
	X(RESOURCE)                                                                      \
	X(RETAIN)                                                                        \
	X(RETURN)                                                                        \
	X(R_EDGE)                                                                        \
	X(STRUCT)                                                                        \
	X(THEN)                                                                          \
	X(TO)                                                                            \
	X(TRUE)                                                                          \
	X(TYPE)                                                                          \
	X(UNTIL)                                                                         \
	X(VAR)                                                                           \
	X(VAR_ACCESS)                                                                    \
	X(VAR_CONFIG)                                                                    \
	X(VAR_EXTERNAL)                                                                  \
	X(VAR_GLOBAL)                                                                    \
	X(VAR_INPUT)                                                                     \
	X(VAR_IN_OUT)                                                                    \
	X(VAR_OUTPUT)                                                                    \
	X(VAR_TEMP)                                                                      \
	X(WHILE)                                                                         \
	X(XOR)

enum token_kind {
	TOKEN_END,     /* of the file */
	TOKEN_BAD,     /* was complained about */
	TOKEN_NAME,    /* also the elementary types */
	TOKEN_LITERAL, /* value, type, hex */
	TOKEN_ENUM,    /* Colour#red: text and prefix */
	TOKEN_DIRECT,  /* %IX0.0: direct */
	TOKEN_SIZED,   /* %X3, %B1 without an area: behind a point only */
	TOKEN_ASSIGN,  /* := */
	TOKEN_ARROW,   /* => */
	TOKEN_COLON,
	TOKEN_SEMICOLON,
	TOKEN_COMMA,
	TOKEN_POINT,
	TOKEN_RANGE, /* .. */
	TOKEN_OPEN,  /* ( */
	TOKEN_CLOSE,
	TOKEN_OPEN_INDEX, /* [ */
	TOKEN_CLOSE_INDEX,
	TOKEN_PLUS,
	TOKEN_MINUS,
	TOKEN_TIMES,
	TOKEN_POWER, /* ** */
	TOKEN_DIVIDE,
	TOKEN_LESS,
	TOKEN_GREATER,
	TOKEN_LESS_EQUAL,
	TOKEN_GREATER_EQUAL,
	TOKEN_EQUAL,
	TOKEN_NOT_EQUAL,
	TOKEN_AMPERSAND,
	TOKEN_CARET, /* ^ of pointers */
#define X(word) WORD_##word,
	LEXER_WORDS(X)
#undef X
};

struct token {
	enum token_kind kind;
	struct position at;
	uint16_t length; /* characters; a token never spans lines */
	bool first_on_line;
	bool bad;         /* a literal or a name that was complained about */
	bool hex;         /* a literal with a base: a bit pattern too */
	const char *text; /* as written, n bytes in the source */
	size_t n;
	size_t prefix;           /* TOKEN_ENUM: bytes of text before the '#' */
	struct constant value;   /* TOKEN_LITERAL; TOKEN_SIZED: bits is the number */
	const struct type *type; /* TOKEN_LITERAL: as it says, or that of a string */
	struct direct direct;
};

/** One file as it is read.  Not thread-safe. */
struct lexer {
	struct sources *sources;
	const char *text; /* a NUL stands behind its n bytes */
	size_t n, offset;
	struct position at; /* of offset */
	uint32_t last_line; /* of the last token */
	bool flat;          /* comments do not nest */
	bool torn; /* a comment or pragma without an end has swallowed the rest */
};

/** Begin with one file of s. */
void lexer_init(struct lexer *l, struct sources *s, size_t file);

/** The next token; at the end TOKEN_END, again and again. */
void lexer_next(struct lexer *l, struct token *out);

/** "';'", "END_IF", "a name": what a kind is called in a message; static. */
const char *lexer_word(enum token_kind kind);

/** Whether a kind is a keyword. */
bool lexer_is_word(enum token_kind kind);

#endif
