/* Json: values in and out. The only door to jansson; callers see struct pl_json alone.
 *
 * A value owns its children; setting or appending hands ownership to the container. Members keep the
 * order in which they were set. Reals are written with as many digits as they need to read back
 * exactly (0.95, 0.1, 1.0, 1e-6); JSON has no NaN or infinity, so those become null.
 */
#ifndef PL_BASE_JSON_H
#define PL_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

struct pl_json;

struct pl_json *pl_json_object(void);
struct pl_json *pl_json_array(void);
struct pl_json *pl_json_text(const char *text); /* NULL gives null; as pl_escape_repair */
struct pl_json *pl_json_real(double value);
struct pl_json *pl_json_int(int64_t value);
struct pl_json *pl_json_bool(bool value);
void pl_json_destroy(struct pl_json *value);

void pl_json_set(struct pl_json *object, const char *name, struct pl_json *value);
void pl_json_append(struct pl_json *array, struct pl_json *value);

/* Reading: a missing member gives NULL, and the as_ functions accept NULL and give the fallback. */
const struct pl_json *pl_json_get(const struct pl_json *object, const char *name);
size_t pl_json_count(const struct pl_json *array);
const struct pl_json *pl_json_at(const struct pl_json *array, size_t index);
const char *pl_json_as_text(const struct pl_json *value, const char *fallback);
double pl_json_as_real(const struct pl_json *value, double fallback);
int64_t pl_json_as_int(const struct pl_json *value, int64_t fallback);
bool pl_json_as_bool(const struct pl_json *value, bool fallback);
bool pl_json_is_null(const struct pl_json *value); /* also for a missing one */

/* Walks an object's members in order: for (it = pl_json_first(o); it; it = pl_json_next(o, it)). */
void *pl_json_first(const struct pl_json *object);
void *pl_json_next(const struct pl_json *object, void *iterator);
const char *pl_json_key(void *iterator);
const struct pl_json *pl_json_value(void *iterator);

/* Text of [value]: compact on one line, or indented by two spaces. Owned by the caller (pl_free). */
char *pl_json_write(const struct pl_json *value, bool indented);

/* Parses [count] bytes; on failure *out is NULL, the status PL_ESTORE, and the message says where.
 * A repeated member name is a failure too. */
enum pl_status pl_json_parse(struct pl_json **out, const char *bytes, size_t count) PL_NODISCARD;

#endif
