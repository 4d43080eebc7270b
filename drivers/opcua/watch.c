/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/opcua/watch.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <open62541/client_highlevel.h>
#include <open62541/client_subscriptions.h>

#include "drivers/opcua/secure.h"
#include "drivers/opcua/variant.h"

#define MS_NS UINT64_C(1000000)

enum {
	CHUNK = 100,           /* items of one request: what small controllers take */
	PUBLISH_MIN_MS = 10,   /* preset of `every: 0ms` is ten times that */
	PUBLISH_MAX_MS = 1000, /* so that a slow group's values do not wait for long */
	BATCH_NS = 1000000,    /* what comes within so long came at once */
	RETRY_MS = 60000,      /* a point that was refused is asked for again */
	BEATS_MISSED = 3,
	LIFE_MS = 60000, /* a subscription that nobody fetches from lives so long */
};

/* A point on the server; also what the library hands back with its values. */
struct item {
	struct watch *watch;
	struct node node;
	const UA_DataType *type; /* of the last value; NULL: not seen */
	bool array;              /* and whether it was one */
	bool refused;
	uint64_t told_ns;
};

struct watch {
	struct watch_config cfg;
	UA_Client *client;
	uint32_t session;
	struct item *items;
	size_t n_refused;
	uint64_t retry_ns;
	UA_String *namespaces; /* of the present server */
	size_t n_namespaces;
	UA_UInt32 subscription;
	double publish_ms, beat_ms;
	struct beat beat; /* not passed on yet: received_ns is not 0 */
	uint64_t beat_ns; /* of the last one */
	uint64_t batch_ns;
	bool lost;
};

static int64_t to_us(UA_DateTime t)
{
	return (t - UA_DATETIME_UNIX_EPOCH) / UA_DATETIME_USEC;
}

/* One time for what came at once, and never the same twice for one point. */
static uint64_t stamp(struct watch *w, uint64_t after_ns)
{
	uint64_t now_ns = w->cfg.now_ns();

	if (now_ns - w->batch_ns > BATCH_NS || w->batch_ns <= after_ns) {
		w->batch_ns = now_ns;
	}
	return w->batch_ns;
}

static void tell(struct item *item, struct said *said)
{
	struct watch *w = item->watch;

	said->session = w->session;
	said->received_ns = item->told_ns = stamp(w, item->told_ns);
	if (mailbox_put(w->cfg.mailbox, (size_t)(item - w->items), said)) {
		w->cfg.wake(w->cfg.arg);
	}
}

/* Which part of an array is asked for. */
static UA_String range_of(struct item *item)
{
	return *item->node.index ? UA_STRING(item->node.index) : UA_STRING_NULL;
}

static const struct point *point_of(const struct item *item)
{
	return &item->watch->cfg.device->points[item - item->watch->items];
}

static void tell_refused(struct item *item, UA_StatusCode status)
{
	struct said said = {.reading = variant_bad(point_of(item), status)};

	item->watch->n_refused += !item->refused;
	item->refused = true;
	tell(item, &said);
}

/* NOLINTNEXTLINE(readability-function-size): the library's parameters */
static void on_value(UA_Client *client, UA_UInt32 sub, void *sub_context, UA_UInt32 id,
                     void *context, UA_DataValue *value)
{
	struct item *item = context;
	char room[VALUE_TEXT_MAX + 1];
	struct said said = {.source_us = 0};

	if (value->hasValue && value->value.type) {
		item->type = value->value.type;
		item->array = !UA_Variant_isScalar(&value->value);
	}
	if (value->hasSourceTimestamp) {
		said.source_us = to_us(value->sourceTimestamp);
	} else if (value->hasServerTimestamp) {
		said.source_us = to_us(value->serverTimestamp);
	}
	variant_read(&said.reading, point_of(item), value, *item->node.index, room);
	tell(item, &said);
}

/* NOLINTNEXTLINE(readability-function-size): as above */
static void on_beat(UA_Client *client, UA_UInt32 sub, void *sub_context, UA_UInt32 id,
                    void *context, UA_DataValue *value)
{
	struct watch *w = sub_context;

	if (value->hasValue &&
	    UA_Variant_hasScalarType(&value->value, &UA_TYPES[UA_TYPES_DATETIME])) {
		w->beat_ns = stamp(w, w->beat_ns);
		w->beat.received_ns = w->beat_ns;
		w->beat.server_us = to_us(*(UA_DateTime *)value->value.data);
	}
}

static void on_deleted(UA_Client *client, UA_UInt32 sub, void *context)
{
	((struct watch *)context)->lost = true;
}

static void on_status(UA_Client *client, UA_UInt32 sub, void *context,
                      UA_StatusChangeNotification *n)
{
	if (UA_StatusCode_isBad(n->status)) {
		((struct watch *)context)->lost = true;
	}
}

/* ---- Subscribe ---- */

static uint32_t fastest_ms(const struct device_config *cfg)
{
	uint32_t ms = cfg->n_periods ? cfg->periods_ms[0] : PUBLISH_MAX_MS;

	ms = ms ? ms : 10 * PUBLISH_MIN_MS;
	ms = ms < PUBLISH_MIN_MS ? PUBLISH_MIN_MS : ms;
	return ms > PUBLISH_MAX_MS ? PUBLISH_MAX_MS : ms;
}

static int read_namespaces(struct watch *w)
{
	const UA_NodeId id = UA_NODEID_NUMERIC(0, UA_NS0ID_SERVER_NAMESPACEARRAY);
	UA_Variant v;
	UA_StatusCode status = UA_Client_readValueAttribute(w->client, id, &v);

	if (status) {
		return secure_errno(status);
	}
	if (UA_Variant_hasArrayType(&v, &UA_TYPES[UA_TYPES_STRING])) {
		w->namespaces = v.data;
		w->n_namespaces = v.arrayLength;
		UA_Variant_init(&v); /* they are ours now */
	}
	UA_Variant_clear(&v);
	return 0;
}

static int create_subscription(struct watch *w)
{
	UA_CreateSubscriptionRequest request = UA_CreateSubscriptionRequest_default();
	UA_CreateSubscriptionResponse response;
	UA_StatusCode status;

	request.requestedPublishingInterval = fastest_ms(w->cfg.device);
	request.requestedLifetimeCount = (UA_UInt32)(LIFE_MS /
	                                             request.requestedPublishingInterval);
	response = UA_Client_Subscriptions_create(w->client, request, w, on_status,
	                                          on_deleted);
	status = response.responseHeader.serviceResult;
	w->subscription = response.subscriptionId;
	w->publish_ms = response.revisedPublishingInterval;
	UA_CreateSubscriptionResponse_clear(&response);
	return status ? secure_errno(status) : 0;
}

/* Without it nobody could tell a value that stands still from a server that does. */
static int create_beat(struct watch *w)
{
	const UA_NodeId id = UA_NODEID_NUMERIC(0,
	                                       UA_NS0ID_SERVER_SERVERSTATUS_CURRENTTIME);
	UA_MonitoredItemCreateRequest request = UA_MonitoredItemCreateRequest_default(id);
	UA_MonitoredItemCreateResult result;
	UA_StatusCode status;

	request.requestedParameters.samplingInterval = w->publish_ms;
	result = UA_Client_MonitoredItems_createDataChange(w->client, w->subscription,
	                                                   UA_TIMESTAMPSTORETURN_NEITHER,
	                                                   request, NULL, on_beat, NULL);
	status = result.statusCode;
	w->beat_ms = fmax(w->publish_ms, result.revisedSamplingInterval);
	UA_MonitoredItemCreateResult_clear(&result);
	return status ? secure_errno(status) : 0;
}

/* Items of one request. */
struct chunk {
	UA_MonitoredItemCreateRequest requests[CHUNK];
	void *items[CHUNK];
	UA_Client_DataChangeNotificationCallback callbacks[CHUNK];
	UA_Client_DeleteMonitoredItemCallback deleted[CHUNK];
	size_t n;
};

static void add_item(struct watch *w, struct chunk *chunk, struct item *item)
{
	/* Told whenever the server looked, where its time of looking matters. */
	static UA_DataChangeFilter always = {
		.trigger = UA_DATACHANGETRIGGER_STATUSVALUETIMESTAMP};
	UA_MonitoredItemCreateRequest *r = &chunk->requests[chunk->n];
	const struct device_config *cfg = w->cfg.device;
	UA_NodeId id;

	if (node_resolve(&id, &item->node, w->namespaces, w->n_namespaces)) {
		tell_refused(item, UA_STATUSCODE_BADNODEIDUNKNOWN);
		return;
	}
	*r = UA_MonitoredItemCreateRequest_default(id);
	r->itemToMonitor.indexRange = range_of(item);
	r->requestedParameters.samplingInterval = cfg->periods_ms[point_of(item)->group];
	if (w->cfg.endpoint->expire_ms) {
		UA_ExtensionObject_setValueNoDelete(&r->requestedParameters.filter,
		                                    &always,
		                                    &UA_TYPES[UA_TYPES_DATACHANGEFILTER]);
	}
	chunk->items[chunk->n] = item;
	chunk->callbacks[chunk->n] = on_value;
	chunk->deleted[chunk->n++] = NULL;
}

static int send_chunk(struct watch *w, struct chunk *chunk)
{
	UA_CreateMonitoredItemsRequest request;
	UA_CreateMonitoredItemsResponse response;
	UA_StatusCode status;

	if (chunk->n == 0) {
		return 0;
	}
	UA_CreateMonitoredItemsRequest_init(&request);
	request.subscriptionId = w->subscription;
	request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
	request.itemsToCreate = chunk->requests;
	request.itemsToCreateSize = chunk->n;
	response = UA_Client_MonitoredItems_createDataChanges(
		w->client, request, chunk->items, chunk->callbacks, chunk->deleted);
	status = response.responseHeader.serviceResult;
	if (!status && response.resultsSize != chunk->n) {
		status = UA_STATUSCODE_BADUNEXPECTEDERROR;
	}
	for (size_t i = 0; i < chunk->n && !status; i++) {
		if (response.results[i].statusCode) {
			tell_refused(chunk->items[i], response.results[i].statusCode);
		}
	}
	UA_CreateMonitoredItemsResponse_clear(&response);
	chunk->n = 0;
	return status ? secure_errno(status) : 0;
}

/* @param refused  only those that were refused before */
static int create_items(struct watch *w, bool refused)
{
	struct chunk *chunk = calloc(1, sizeof(*chunk));
	int err = chunk ? 0 : -ENOMEM;

	w->retry_ns = w->cfg.now_ns() + RETRY_MS * MS_NS;
	for (size_t i = 0; i < w->cfg.device->n_points && !err; i++) {
		struct item *item = &w->items[i];

		if (item->refused != refused) {
			continue;
		}
		w->n_refused -= item->refused;
		item->refused = false;
		add_item(w, chunk, item);
		err = chunk->n == CHUNK ? send_chunk(w, chunk) : 0;
	}
	err = err ? err : send_chunk(w, chunk);
	free(chunk);
	return err;
}

int watch_start(struct watch *w, UA_Client *client)
{
	int err;

	w->client = client;
	w->session++;
	w->lost = false;
	w->beat = (struct beat){0};
	w->n_refused = 0;
	for (size_t i = 0; i < w->cfg.device->n_points; i++) {
		w->items[i].refused = false;
	}
	err = read_namespaces(w);
	err = err ? err : create_subscription(w);
	err = err ? err : create_items(w, false);
	err = err ? err : create_beat(w);
	w->beat_ns = w->cfg.now_ns();
	return err;
}

int watch_turn(struct watch *w)
{
	uint64_t now_ns = w->cfg.now_ns();
	uint64_t limit_ms = (uint64_t)(BEATS_MISSED * w->beat_ms) +
	                    w->cfg.device->timeout_ms;

	if (w->beat.received_ns) {
		mailbox_beat(w->cfg.mailbox, &w->beat);
		w->beat.received_ns = 0;
	}
	if (w->lost) {
		return -ECONNRESET;
	}
	if (now_ns > w->beat_ns + limit_ms * MS_NS) {
		return -ETIMEDOUT;
	}
	if (w->n_refused > 0 && now_ns >= w->retry_ns) {
		return create_items(w, true);
	}
	return 0;
}

uint32_t watch_session(const struct watch *w)
{
	return w->session;
}

uint32_t watch_beat_ms(const struct watch *w)
{
	return (uint32_t)w->beat_ms;
}

void watch_stop(struct watch *w)
{
	UA_Array_delete(w->namespaces, w->n_namespaces, &UA_TYPES[UA_TYPES_STRING]);
	w->namespaces = NULL;
	w->n_namespaces = 0;
	w->client = NULL;
}

/* ---- Write ---- */

/* Ask for the type of a point that nothing was heard of. */
static UA_StatusCode learn_type(struct watch *w, struct item *item, const UA_NodeId *id)
{
	UA_ReadValueId what;
	UA_ReadRequest request;
	UA_ReadResponse response;
	UA_StatusCode status;

	UA_ReadValueId_init(&what);
	what.nodeId = *id;
	what.attributeId = UA_ATTRIBUTEID_VALUE;
	what.indexRange = range_of(item);
	UA_ReadRequest_init(&request);
	request.nodesToRead = &what;
	request.nodesToReadSize = 1;
	response = UA_Client_Service_read(w->client, request);
	status = response.responseHeader.serviceResult;
	if (!status && response.resultsSize == 1) {
		const UA_DataValue *value = &response.results[0];

		status = value->hasStatus ? value->status : status;
		item->type = value->hasValue ? value->value.type : NULL;
		item->array = item->type && !UA_Variant_isScalar(&value->value);
	}
	UA_ReadResponse_clear(&response);
	return item->type ? UA_STATUSCODE_GOOD
	       : status   ? status
	                  : UA_STATUSCODE_BADTYPEMISMATCH;
}

static UA_StatusCode send_value(struct watch *w, struct item *item, const UA_NodeId *id,
                                UA_Variant *value)
{
	UA_WriteValue what;
	UA_WriteRequest request;
	UA_WriteResponse response;
	UA_StatusCode status;

	UA_WriteValue_init(&what);
	what.nodeId = *id;
	what.attributeId = UA_ATTRIBUTEID_VALUE;
	what.indexRange = range_of(item);
	what.value.hasValue = true; /* without times, which some servers refuse */
	what.value.value = *value;
	UA_WriteRequest_init(&request);
	request.nodesToWrite = &what;
	request.nodesToWriteSize = 1;
	response = UA_Client_Service_write(w->client, request);
	status = response.responseHeader.serviceResult;
	if (!status) {
		status = response.resultsSize == 1 ? response.results[0]
		                                   : UA_STATUSCODE_BADUNEXPECTEDERROR;
	}
	UA_WriteResponse_clear(&response);
	return status;
}

/* Sent, and nobody answered. */
static bool is_unknown(UA_StatusCode status)
{
	int err = secure_errno(status);

	return err == -ETIMEDOUT || err == -ECONNRESET;
}

int watch_write(struct watch *w, const struct order *order, uint16_t *code)
{
	struct item *item = &w->items[order->point];
	UA_StatusCode status = UA_STATUSCODE_BADNODEIDUNKNOWN;
	UA_Variant value;
	UA_NodeId id;

	*code = 0;
	if (node_resolve(&id, &item->node, w->namespaces, w->n_namespaces) == 0) {
		status = item->type ? UA_STATUSCODE_GOOD : learn_type(w, item, &id);
		if (is_unknown(status)) {
			return -ECONNREFUSED; /* the value itself was not sent */
		}
	}
	if (!status) {
		status = variant_write(&value, item->type, item->array, order->text);
	}
	if (!status) {
		status = send_value(w, item, &id, &value);
		UA_Variant_clear(&value);
		if (is_unknown(status)) {
			return -ETIMEDOUT;
		}
	}
	if (UA_StatusCode_isBad(status)) {
		*code = variant_code(status);
		return -EREMOTEIO;
	}
	return 0;
}

/* ---- From outside ---- */

int watch_new(struct watch **out, const struct watch_config *cfg)
{
	struct watch *w = calloc(1, sizeof(*w));
	const char *why;
	int err = 0;

	if (!w) {
		return -ENOMEM;
	}
	w->cfg = *cfg;
	w->items = calloc(cfg->device->n_points + 1, sizeof(*w->items));
	if (!w->items) {
		err = -ENOMEM;
		goto fail;
	}
	for (size_t i = 0; i < cfg->device->n_points && !err; i++) {
		w->items[i].watch = w;
		err = node_parse(&w->items[i].node, cfg->device->points[i].at, &why);
	}
	if (err) {
		goto fail;
	}
	*out = w;
	return 0;

fail:
	watch_free(w);
	return err;
}

void watch_free(struct watch *w)
{
	if (!w) {
		return;
	}
	for (size_t i = 0; w->items && i < w->cfg.device->n_points; i++) {
		node_fini(&w->items[i].node);
	}
	free(w->items);
	free(w);
}
