/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/opcua/browse.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <open62541/client_highlevel.h>

#include "drivers/opcua/endpoint.h"
#include "drivers/opcua/node.h"
#include "drivers/opcua/secure.h"
#include "drivers/opcua/variant.h"
#include "drivers/scalar.h"

enum {
	PLACES_MAX = 100000, /* nodes of one server */
	ELEMENTS_MAX = 32,   /* of one array */
	REFERENCES = 500,    /* of one answer */
	AT_MAX = 1024,
	TEXT_MIN = 32, /* bytes of a string's tag, and twice what it holds now */
};

/* A node, and how it was reached. */
struct place {
	UA_NodeId id; /* first: places are compared as their ids */
	UA_NodeClass class;
	char *path;
};

struct tour {
	UA_Client *client;
	const struct browse_sink *sink;
	UA_Variant namespaces; /* strings */
	struct place **places; /* in the order of their discovery */
	size_t n, room;
	void *seen; /* tree of places */
	bool more;  /* there are more than PLACES_MAX */
};

static int compare_places(const void *left, const void *right)
{
	return (int)UA_NodeId_order(left, right);
}

static void free_place(struct place *p)
{
	if (p) {
		UA_NodeId_clear(&p->id);
		free(p->path);
		free(p);
	}
}

/* "Pump/Flow", on one line. */
static char *join(const char *path, const UA_String *name)
{
	char *out = NULL;

	if (asprintf(&out, "%s%s%.*s", path, *path ? "/" : "", (int)name->length,
	             (const char *)name->data) < 0) {
		return NULL;
	}
	for (char *at = out; *at; at++) {
		*at = *at > 0 && *at < ' ' ? '?' : *at;
	}
	return out;
}

/* Remember a node, once.  @return 0 or -ENOMEM */
static int add_place(struct tour *t, const UA_NodeId *id, UA_NodeClass class, char *path)
{
	struct place *p = calloc(1, sizeof(*p));
	struct place **found;

	if (t->n == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		struct place **places = realloc(t->places, room * sizeof(struct place *));

		t->places = places ? places : t->places;
		t->room = places ? room : t->room;
	}
	if (!p || !path || t->n == t->room || UA_NodeId_copy(id, &p->id)) {
		free(path);
		free(p);
		return -ENOMEM;
	}
	p->class = class;
	p->path = path;
	found = tsearch(p, &t->seen, compare_places);
	if (!found || *found != p) {
		free_place(p);
		return found ? 0 : -ENOMEM;
	}
	t->places[t->n++] = p;
	return 0;
}

/* ---- One variable ---- */

struct type_name {
	UA_DataTypeKind kind;
	enum value_type type;
	const char *name;
};

static const struct type_name *find_type(const UA_DataType *type)
{
	static const struct type_name names[] = {
		{UA_DATATYPEKIND_BOOLEAN, TYPE_BOOL, "bool"},
		{UA_DATATYPEKIND_SBYTE, TYPE_INT8, "int8"},
		{UA_DATATYPEKIND_BYTE, TYPE_UINT8, "uint8"},
		{UA_DATATYPEKIND_INT16, TYPE_INT16, "int16"},
		{UA_DATATYPEKIND_UINT16, TYPE_UINT16, "uint16"},
		{UA_DATATYPEKIND_INT32, TYPE_INT32, "int32"},
		{UA_DATATYPEKIND_ENUM, TYPE_INT32, "int32"},
		{UA_DATATYPEKIND_UINT32, TYPE_UINT32, "uint32"},
		{UA_DATATYPEKIND_STATUSCODE, TYPE_UINT32, "uint32"},
		{UA_DATATYPEKIND_INT64, TYPE_INT64, "int64"},
		{UA_DATATYPEKIND_UINT64, TYPE_UINT64, "uint64"},
		{UA_DATATYPEKIND_FLOAT, TYPE_FLOAT32, "float32"},
		{UA_DATATYPEKIND_DOUBLE, TYPE_FLOAT64, "float64"},
		{UA_DATATYPEKIND_DATETIME, TYPE_EPOCH, "epoch"},
		{UA_DATATYPEKIND_STRING, TYPE_STRING, "string"},
		{UA_DATATYPEKIND_LOCALIZEDTEXT, TYPE_STRING, "string"},
	};

	for (size_t i = 0; type && i < ARRAY_SIZE(names); i++) {
		if ((int)names[i].kind == (int)type->typeKind) {
			return &names[i];
		}
	}
	return NULL;
}

/* As `at:` wants it; with the namespace's URI where that can be written.
 * @return false: it cannot be named */
static bool print_node(char *at, const struct tour *t, const UA_NodeId *id)
{
	const UA_String *uris = t->namespaces.data;
	UA_String text = {AT_MAX - 1, (UA_Byte *)at};
	UA_ExpandedNodeId expanded = {.nodeId = *id};
	const UA_String *uri = &UA_STRING_NULL;
	struct node node;
	const char *why;
	bool same;

	if (id->namespaceIndex > 0 && id->namespaceIndex < t->namespaces.arrayLength) {
		uri = &uris[id->namespaceIndex];
	}
	if (uri->length > 0 && !memchr(uri->data, ';', uri->length) &&
	    !memchr(uri->data, '%', uri->length)) {
		expanded.namespaceUri = *uri;
		expanded.nodeId.namespaceIndex = 0;
	}
	if (UA_ExpandedNodeId_print(&expanded, &text)) {
		return false;
	}
	at[text.length] = '\0';
	same = node_parse(&node, at, &why) == 0 && !*node.index &&
	       UA_ExpandedNodeId_equal(&node.id, &expanded);
	node_fini(&node);
	return same;
}

static void bring_scalar(const struct tour *t, struct browse_item *item,
                         const struct type_name *type, const UA_DataValue *value)
{
	const struct encoding encoding = {
		.scale = 1, .type = type->type, .length = VALUE_TEXT_MAX};
	const struct point point = {.encoding = &encoding};
	char room[VALUE_TEXT_MAX + 1], text[VALUE_TEXT_MAX + 1] = "", name[16];
	struct reading r;

	variant_read(&r, &point, value, false, room);
	if (r.quality != QUALITY_BAD &&
	    !scalar_print(text, sizeof(text), &point, &r.value)) {
		item->value = text;
	}
	if (type->type == TYPE_STRING) {
		size_t length = 2 * strlen(text);

		length = length < TEXT_MIN ? TEXT_MIN : length;
		length = length > VALUE_TEXT_MAX ? VALUE_TEXT_MAX : length;
		snprintf(name, sizeof(name), "string(%zu)", length);
		item->type = name;
	}
	t->sink->item(t->sink->arg, item);
}

static void bring_elements(const struct tour *t, const struct browse_item *array,
                           size_t n)
{
	for (size_t i = 0; i < n && i < ELEMENTS_MAX; i++) {
		struct browse_item item = *array;
		char at[AT_MAX + 16], path[AT_MAX];

		snprintf(at, sizeof(at), "%s#%zu", array->at, i);
		snprintf(path, sizeof(path), "%.900s[%zu]", array->path, i);
		item.at = at;
		item.path = path;
		if (strcmp(item.type, "string") == 0) {
			item.type = "string(32)";
		}
		t->sink->item(t->sink->arg, &item);
	}
}

/* Attributes of a variable, in this order. */
enum { VALUE, ACCESS, DATA_TYPE, N_ATTRIBUTES };

static void bring_variable(const struct tour *t, const struct place *p,
                           const UA_DataValue *values, const char *unit)
{
	const UA_Variant *v = &values[VALUE].value, *access = &values[ACCESS].value;
	UA_Byte rights = UA_ACCESSLEVELMASK_READ;
	const UA_DataType *type = v->type;
	const struct type_name *name;
	struct browse_item item = {.path = p->path, .unit = unit, .value = ""};
	char at[AT_MAX];

	if (!type && UA_Variant_hasScalarType(&values[DATA_TYPE].value,
	                                      &UA_TYPES[UA_TYPES_NODEID])) {
		type = UA_findDataType(values[DATA_TYPE].value.data);
	}
	if (UA_Variant_hasScalarType(access, &UA_TYPES[UA_TYPES_BYTE])) {
		rights = *(const UA_Byte *)access->data;
	}
	name = find_type(type);
	if (!name || !(rights & UA_ACCESSLEVELMASK_READ) || !print_node(at, t, &p->id)) {
		return;
	}
	item.at = at;
	item.type = name->name;
	item.writable = rights & UA_ACCESSLEVELMASK_WRITE;
	if (v->type && !UA_Variant_isScalar(v)) {
		bring_elements(t, &item, v->arrayLength);
	} else {
		bring_scalar(t, &item, name, &values[VALUE]);
	}
}

static int read_variable(const struct tour *t, struct place *p, const char *unit)
{
	static const UA_UInt32 attributes[N_ATTRIBUTES] = {
		[VALUE] = UA_ATTRIBUTEID_VALUE,
		[ACCESS] = UA_ATTRIBUTEID_USERACCESSLEVEL,
		[DATA_TYPE] = UA_ATTRIBUTEID_DATATYPE,
	};
	UA_ReadValueId what[N_ATTRIBUTES];
	UA_ReadRequest request;
	UA_ReadResponse response;
	UA_StatusCode status;

	for (size_t i = 0; i < N_ATTRIBUTES; i++) {
		UA_ReadValueId_init(&what[i]);
		what[i].nodeId = p->id;
		what[i].attributeId = attributes[i];
	}
	UA_ReadRequest_init(&request);
	request.nodesToRead = what;
	request.nodesToReadSize = N_ATTRIBUTES;
	response = UA_Client_Service_read(t->client, request);
	status = response.responseHeader.serviceResult;
	if (!status && response.resultsSize == N_ATTRIBUTES) {
		bring_variable(t, p, response.results, unit);
	}
	UA_ReadResponse_clear(&response);
	return status ? secure_errno(status) : 0;
}

/* ---- The nodes below another ---- */

/* The unit that a property of a variable says. */
static void read_unit(const struct tour *t, const UA_NodeId *id, char *unit, size_t n)
{
	UA_Variant v;

	UA_Variant_init(&v);
	if (!UA_Client_readValueAttribute(t->client, *id, &v) &&
	    UA_Variant_hasScalarType(&v, &UA_TYPES[UA_TYPES_EUINFORMATION])) {
		const UA_String *text = &((UA_EUInformation *)v.data)->displayName.text;

		snprintf(unit, n, "%.*s", (int)text->length, (const char *)text->data);
	}
	UA_Variant_clear(&v);
}

static int add_reference(struct tour *t, const struct place *p,
                         const UA_ReferenceDescription *r, char *unit, size_t n)
{
	static const UA_NodeId property = {.identifier.numeric = UA_NS0ID_HASPROPERTY};
	static const UA_NodeId server = {.identifier.numeric = UA_NS0ID_SERVER};
	static const UA_String units = {16, (UA_Byte *)"EngineeringUnits"};

	if (UA_NodeId_equal(&r->referenceTypeId, &property)) {
		if (UA_String_equal(&r->browseName.name, &units)) {
			read_unit(t, &r->nodeId.nodeId, unit, n);
		}
		return 0;
	}
	if (r->nodeId.serverIndex != 0 || UA_NodeId_equal(&r->nodeId.nodeId, &server)) {
		return 0;
	}
	if (t->n == PLACES_MAX) {
		t->more = true;
		return 0;
	}
	return add_place(t, &r->nodeId.nodeId, r->nodeClass,
	                 join(p->path, &r->browseName.name));
}

static UA_BrowseResponse browse_first(const struct tour *t, const struct place *p)
{
	UA_BrowseDescription what;
	UA_BrowseRequest request;

	UA_BrowseDescription_init(&what);
	what.nodeId = p->id;
	what.browseDirection = UA_BROWSEDIRECTION_FORWARD;
	what.referenceTypeId = UA_NODEID_NUMERIC(0, UA_NS0ID_HIERARCHICALREFERENCES);
	what.includeSubtypes = true;
	what.nodeClassMask = UA_NODECLASS_OBJECT | UA_NODECLASS_VARIABLE;
	what.resultMask = UA_BROWSERESULTMASK_ALL;
	UA_BrowseRequest_init(&request);
	request.requestedMaxReferencesPerNode = REFERENCES;
	request.nodesToBrowse = &what;
	request.nodesToBrowseSize = 1;
	return UA_Client_Service_browse(t->client, request);
}

static UA_BrowseNextResponse browse_next(const struct tour *t, UA_ByteString *where)
{
	UA_BrowseNextRequest request;

	UA_BrowseNextRequest_init(&request);
	request.continuationPoints = where;
	request.continuationPointsSize = 1;
	return UA_Client_Service_browseNext(t->client, request);
}

static int add_references(struct tour *t, const struct place *p,
                          const UA_BrowseResult *result, char *unit, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < result->referencesSize && !err; i++) {
		err = add_reference(t, p, &result->references[i], unit, n);
	}
	return err;
}

/* A node that cannot be browsed has nothing below it. */
static int visit_children(struct tour *t, const struct place *p, char *unit, size_t n)
{
	UA_BrowseResponse first = browse_first(t, p);
	UA_StatusCode status = first.responseHeader.serviceResult;
	UA_ByteString where = UA_BYTESTRING_NULL;
	int err = status ? secure_errno(status) : 0;

	if (!err && first.resultsSize == 1) {
		err = add_references(t, p, first.results, unit, n);
		where = first.results->continuationPoint;
		first.results->continuationPoint = UA_BYTESTRING_NULL; /* ours now */
	}
	UA_BrowseResponse_clear(&first);
	while (!err && where.length > 0) {
		UA_BrowseNextResponse next = browse_next(t, &where);

		UA_ByteString_clear(&where);
		status = next.responseHeader.serviceResult;
		err = status ? secure_errno(status) : 0;
		if (!err && next.resultsSize == 1) {
			err = add_references(t, p, next.results, unit, n);
			where = next.results->continuationPoint;
			next.results->continuationPoint = UA_BYTESTRING_NULL;
		}
		UA_BrowseNextResponse_clear(&next);
	}
	UA_ByteString_clear(&where);
	return err;
}

static int go_round(struct tour *t)
{
	const UA_NodeId objects = UA_NODEID_NUMERIC(0, UA_NS0ID_OBJECTSFOLDER);
	int err = add_place(t, &objects, UA_NODECLASS_OBJECT, strdup(""));

	for (size_t i = 0; i < t->n && !err; i++) {
		struct place *p = t->places[i];
		char unit[64] = "";

		if (!t->sink->go_on(t->sink->arg, i, p->path)) {
			return -ECANCELED;
		}
		err = visit_children(t, p, unit, sizeof(unit));
		if (!err && p->class == UA_NODECLASS_VARIABLE) {
			err = read_variable(t, p, unit);
		}
		UA_Client_run_iterate(t->client, 0); /* renews the channel in time */
	}
	return err ? err : t->more ? -EFBIG : 0;
}

static void end_tour(struct tour *t)
{
	for (size_t i = 0; i < t->n; i++) {
		tdelete(t->places[i], &t->seen, compare_places);
	}
	for (size_t i = 0; i < t->n; i++) {
		free_place(t->places[i]);
	}
	free(t->places);
	UA_Variant_clear(&t->namespaces);
	if (t->client) {
		UA_Client_delete(t->client);
	}
}

int browse(const char *address, uint32_t timeout_ms, const struct browse_sink *sink)
{
	const UA_NodeId namespaces = UA_NODEID_NUMERIC(0, UA_NS0ID_SERVER_NAMESPACEARRAY);
	struct tour t = {.sink = sink};
	UA_StatusCode status;
	struct endpoint e;
	const char *why;
	int err = endpoint_parse(&e, address, &why);

	err = err ? err : secure_client(&t.client, &e, timeout_ms, NULL);
	if (!err) {
		status = UA_Client_connect(t.client, e.url);
		if (!status) {
			status = UA_Client_readValueAttribute(t.client, namespaces,
			                                      &t.namespaces);
		}
		if (!UA_Variant_hasArrayType(&t.namespaces, &UA_TYPES[UA_TYPES_STRING])) {
			UA_Variant_clear(&t.namespaces);
		}
		err = status ? secure_errno(status) : go_round(&t);
	}
	end_tour(&t);
	endpoint_fini(&e);
	return err;
}
