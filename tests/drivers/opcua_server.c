/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/drivers/opcua_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <open62541/server.h>
#include <open62541/server_config_default.h>

#include <cmocka.h>

enum { TURN_US = 2000 };

struct opcua_server {
	UA_Server *server;
	uint16_t port;
	uv_thread_t thread;
	uv_mutex_t lock; /* of all that follows, and of the server */
	bool stopping, frozen;
};

static void say_nothing(void *context, UA_LogLevel level, UA_LogCategory category,
                        const char *text, va_list args)
{
}

static UA_Logger silence = {.log = say_nothing};

static uint16_t free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void run(void *arg)
{
	struct opcua_server *s = arg;
	bool stopping = false;

	while (!stopping) {
		uv_mutex_lock(&s->lock);
		stopping = s->stopping;
		if (!s->frozen) {
			UA_Server_run_iterate(s->server, false);
		}
		uv_mutex_unlock(&s->lock);
		usleep(TURN_US);
	}
}

struct opcua_server *opcua_server_start(uint16_t port)
{
	struct opcua_server *s = calloc(1, sizeof(*s));
	UA_ServerConfig config;

	assert_non_null(s);
	s->port = port ? port : free_port();
	memset(&config, 0, sizeof(config));
	config.logging = &silence;
	assert_int_equal(UA_ServerConfig_setMinimal(&config, s->port, NULL), 0);
	s->server = UA_Server_newWithConfig(&config);
	assert_non_null(s->server);
	assert_int_equal(UA_Server_run_startup(s->server), 0);
	uv_mutex_init(&s->lock);
	uv_thread_create(&s->thread, run, s);
	return s;
}

uint16_t opcua_server_port(const struct opcua_server *s)
{
	return s->port;
}

void opcua_server_stop(struct opcua_server *s)
{
	if (!s) {
		return;
	}
	uv_mutex_lock(&s->lock);
	s->stopping = true;
	uv_mutex_unlock(&s->lock);
	uv_thread_join(&s->thread);
	UA_Server_run_shutdown(s->server);
	UA_Server_delete(s->server);
	uv_mutex_destroy(&s->lock);
	free(s);
}

void opcua_server_add(struct opcua_server *s, const char *name, const UA_Variant *value)
{
	UA_VariableAttributes attributes = UA_VariableAttributes_default;
	const UA_NodeId id = UA_NODEID_STRING(1, (char *)name);

	uv_mutex_lock(&s->lock);
	if (value) {
		attributes.value = *value;
		attributes.dataType = value->type->typeId;
		attributes.valueRank = UA_Variant_isScalar(value) ? UA_VALUERANK_SCALAR
		                                                  : UA_VALUERANK_ANY;
		attributes.accessLevel = UA_ACCESSLEVELMASK_READ |
		                         UA_ACCESSLEVELMASK_WRITE;
		attributes.minimumSamplingInterval = 0;
		assert_int_equal(
			UA_Server_addVariableNode(
				s->server, id,
				UA_NODEID_NUMERIC(0, UA_NS0ID_OBJECTSFOLDER),
				UA_NODEID_NUMERIC(0, UA_NS0ID_ORGANIZES),
				UA_QUALIFIEDNAME(1, (char *)name),
				UA_NODEID_NUMERIC(0, UA_NS0ID_BASEDATAVARIABLETYPE),
				attributes, NULL, NULL),
			0);
	} else {
		assert_int_equal(UA_Server_deleteNode(s->server, id, true), 0);
	}
	uv_mutex_unlock(&s->lock);
}

void opcua_server_set(struct opcua_server *s, const char *name, const UA_DataValue *value)
{
	UA_DataValue now = *value;

	if (!now.hasSourceTimestamp) {
		now.hasSourceTimestamp = true;
		now.sourceTimestamp = UA_DateTime_now();
	}
	uv_mutex_lock(&s->lock);
	assert_int_equal(UA_Server_writeDataValue(s->server,
	                                          UA_NODEID_STRING(1, (char *)name), now),
	                 0);
	uv_mutex_unlock(&s->lock);
}

void opcua_server_get(struct opcua_server *s, const char *name, UA_Variant *out)
{
	uv_mutex_lock(&s->lock);
	assert_int_equal(
		UA_Server_readValue(s->server, UA_NODEID_STRING(1, (char *)name), out),
		0);
	uv_mutex_unlock(&s->lock);
}

void opcua_server_freeze(struct opcua_server *s, bool frozen)
{
	uv_mutex_lock(&s->lock);
	s->frozen = frozen;
	uv_mutex_unlock(&s->lock);
}
