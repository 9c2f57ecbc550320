"""Who may call the proxy: made-up users and their keys, in place of LiteLLM's database."""

from fastapi import HTTPException

from litellm.proxy._types import LitellmUserRoles, UserAPIKeyAuth, hash_token

USERS = {
    "sk-ada-0001": {
        "user_id": "ada", "team_id": "tides", "org_id": "observatory",
        "user_email": "ada@example.org",
    },
    "sk-bob-0002": {"user_id": "bob"},
}


async def user_api_key_auth(request, api_key):
    if api_key == "sk-master-0000":
        return UserAPIKeyAuth(
            api_key=api_key, user_id="operator", user_role=LitellmUserRoles.PROXY_ADMIN)
    user = USERS.get(api_key)
    if user is None:
        raise HTTPException(status_code=401, detail="no such key")
    return UserAPIKeyAuth(api_key=hash_token(api_key), token=hash_token(api_key), **user)
