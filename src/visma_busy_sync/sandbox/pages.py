"""The pages a person sees at login: plain HTML that works without scripts, every value escaped."""

from collections.abc import Mapping
from html import escape

from starlette.responses import HTMLResponse

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 0; background: #f3f4f6; color: #1f2937; }}
main {{ max-width: 26rem; margin: 10vh auto; padding: 2rem; background: #fff; border-radius: .5rem;
  box-shadow: 0 1px 4px rgb(0 0 0 / 20%); }}
h1 {{ font-size: 1.4rem; margin-top: 0; }}
button {{ font: inherit; padding: .5rem 1.25rem; margin-right: .5rem; border: 1px solid #1d4ed8;
  border-radius: .25rem; background: #fff; color: #1d4ed8; cursor: pointer; }}
button.main {{ background: #1d4ed8; color: #fff; }}
button:focus-visible {{ outline: 3px solid #f59e0b; }}
.note {{ color: #4b5563; font-size: .9rem; }}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def _page(status: int, title: str, body: str) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=escape(title), body=body), status, _HEADERS)


def login_page(
    companies: Mapping[str, str], company: str, scopes: str, fields: Mapping[str, str]
) -> HTMLResponse:
    """Show the form that asks whether to let the application in, and to which company if there are several.

    Args:
        companies: the companies' names by the sandbox's ids.
        company: the id of the company that is chosen at first.
        scopes: what the application asks for.
        fields: the parameters of the request, which the form sends again.
    """
    several = len(companies) > 1
    hidden = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
        if not (several and name == "company")
    )
    choice = f"{_choice(companies, company)}\n" if several else ""
    title = "Log in" if several else f"Log in to {companies[company]}"
    items = "\n".join(f"<li><code>{escape(scope)}</code></li>" for scope in scopes.split())
    body = f"""<h1>{escape(title)}</h1>
<p class="note">This is the sandbox: there is no password.</p>
<p>The application <strong>{escape(fields.get("client_id", ""))}</strong> asks for:</p>
<ul>
{items}
</ul>
<form method="post" action="/connect/authorize" aria-label="Log in">
{hidden}
{choice}<button class="main" type="submit" name="decision" value="approve">Log in</button>
<button type="submit" name="decision" value="deny">Cancel</button>
</form>"""
    return _page(200, title, body)


def _choice(companies: Mapping[str, str], company: str) -> str:
    options = "\n".join(
        f'<option value="{escape(key)}"{" selected" if key == company else ""}>{escape(name)}</option>'
        for key, name in companies.items()
    )
    return f'<p><label>Company <select name="company">\n{options}\n</select></label></p>'


def error_page(error: str, description: str) -> HTMLResponse:
    """Show why a login cannot begin; used where redirecting would be unsafe."""
    body = f"""<h1>This login cannot begin</h1>
<p>{escape(description)}</p>
<p class="note">Error: <code>{escape(error)}</code></p>"""
    return _page(400, "Login error", body)
