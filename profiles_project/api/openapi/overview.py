"""What holds for all operations, as the OpenAPI document says it before the first of them."""

OVERVIEW = """\
Keeps people's master career profiles: the one place from which every résumé is made.

**The guide** at [/guide/](/guide/) shows each of these step by step, in five programming languages.

**Begin** with `auth_register` or `auth_login`, and send `Authorization: Bearer` with the `access_token`. It works for
`expires_in` seconds. On a 401 call `auth_refresh` once, and keep the new refresh token, too.

**Writing.** What you don't send keeps its value, in PUT as in PATCH. Null clears an optional member, and so does an
empty text, list or object. Members that are read-only are ignored, so a document can be sent back as it was read. So
are keys that nobody knows: while you develop, send `Prefer: handling=strict` with every request, and they are 422.

**Every item** has an `id`, which you may choose when you create it (a UUID), and the `version` of the profile with
which it last changed. `is_visible: false` keeps it out of exports. `extra` holds what an import has brought beyond the
known members. `enhanced_description` and the like are texts that your app has made: printed résumés show them in place
of the plain ones. A date is a year, a month or a day.

**Several people, several devices.** Answers have the profile's version as `ETag`. Send it back as `If-Match`, just as
you got it. If the profile has changed since, nothing is stored, and the answer is 412 with the current `version`; on an
item's own routes it has the item as `current`. For apps that work off line there are `profiles_changes` and
`profiles_push`.

**Many items.** The routes of lists take up to 100 items in one request: all of them are stored, or none. With more, up
to 1,000, or with `Prefer: respond-async`, the answer is a job (202). Read it at its `Location` until its `status` is
`succeeded`, `failed` or `cancelled`.

**Refusals** are problem documents. `detail` is a sentence for the person, in the language of `Accept-Language` (en, de,
fr or es), else of the account (`auth_me_partial_update`). A 422 names all fields at fault in `errors`, each by a JSON
Pointer into the body that you sent (`/0/title`: the title of the first item; empty: the body itself) or by the
parameter's name. Of a `type` or `code` that you don't know, go by the status: there may be new ones.
[/problems/](/problems/) explains each type.

**Lost answers.** Send a POST with an `Idempotency-Key`; sent again with the same key, it has one effect.
"""
