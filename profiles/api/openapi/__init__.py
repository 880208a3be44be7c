"""How the OpenAPI document describes the routes of profiles: a decorator for each method, with an example each way."""

from profiles.api.openapi.account import (
    erase as erase,
    jobs_cancel as jobs_cancel,
    jobs_file as jobs_file,
    jobs_list as jobs_list,
    jobs_retrieve as jobs_retrieve,
    own_data as own_data,
)
from profiles.api.openapi.components import (
    ComponentOperations as ComponentOperations,
    custom_fields_add as custom_fields_add,
    custom_fields_delete as custom_fields_delete,
    custom_fields_retrieve as custom_fields_retrieve,
    custom_fields_update as custom_fields_update,
    skill_names_add as skill_names_add,
    skill_names_delete as skill_names_delete,
    skills_retrieve as skills_retrieve,
    skills_update as skills_update,
)
from profiles.api.openapi.documents import (
    profiles_activate as profiles_activate,
    profiles_active as profiles_active,
    profiles_analytics as profiles_analytics,
    profiles_create as profiles_create,
    profiles_delete as profiles_delete,
    profiles_duplicate as profiles_duplicate,
    profiles_list as profiles_list,
    profiles_partial_update as profiles_partial_update,
    profiles_retrieve as profiles_retrieve,
    profiles_update as profiles_update,
)
from profiles.api.openapi.history import (
    profiles_at_version as profiles_at_version,
    profiles_diff as profiles_diff,
    profiles_history as profiles_history,
    profiles_restore as profiles_restore,
    trash_delete as trash_delete,
    trash_list as trash_list,
    trash_restore as trash_restore,
)
from profiles.api.openapi.portability import (
    profiles_export as profiles_export,
    profiles_export_json_resume as profiles_export_json_resume,
    profiles_import as profiles_import,
    profiles_import_archive as profiles_import_archive,
    profiles_import_file as profiles_import_file,
)
from profiles.api.openapi.synchronising import (
    profiles_changes as profiles_changes,
    profiles_push as profiles_push,
    profiles_sync as profiles_sync,
)
