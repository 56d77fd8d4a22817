"""Who is acting, and what they may do. A stranger learns nothing: what is not theirs to see does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mooring.domain.rules import Role, role_allows
from mooring.errors import NotAllowed, NotFound

_NEEDS = {
    Role.VIEWER: "This needs the viewer role in this project.",
    Role.EDITOR: "This needs the editor role in this project. Ask an admin.",
    Role.ADMIN: "This needs the admin role in this project. Ask an admin.",
}


@dataclass(frozen=True, slots=True)
class Who:
    """`id` is a person's id, `system` or `cli`. An installation admin is admin of every project."""

    id: str
    name: str
    installation_admin: bool = False
    roles: Mapping[str, Role] = field(default_factory=dict[str, Role])

    def role(self, project_id: str) -> Role | None:
        return Role.ADMIN if self.installation_admin else self.roles.get(project_id)

    def may(self, project_id: str, need: Role) -> bool:
        return role_allows(self.role(project_id), need)

    def require(self, project_id: str, need: Role) -> None:
        """Raises `NotFound` for a stranger to the project, `NotAllowed` for a role that is too low."""
        have = self.role(project_id)
        if have is None:
            raise NotFound("There is no such thing here.")
        if not role_allows(have, need):
            raise NotAllowed(_NEEDS[need])

    def require_installation_admin(self) -> None:
        if not self.installation_admin:
            raise NotAllowed("This needs the installation admin.")


SYSTEM = Who("system", "Mooring", installation_admin=True)
CLI = Who("cli", "Command line", installation_admin=True)
