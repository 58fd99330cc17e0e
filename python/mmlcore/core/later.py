"""Modules that are imported when they are used.

A function `__getattr__` of a package would do, but Python then looks up every name of that package the long way: 335
instructions more for each ``mml.inner``.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


class Later(ModuleType):
    """Stands for a module until something is asked of it; importing the module puts it in the place of this.

    ``from mmlcore import linalg`` may have kept this one: so it takes over what the module has, and is as fast as it from then on.
    """

    def _module(self) -> ModuleType:
        return import_module(self.__name__)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__all__", "__file__", "__path__"):
            raise AttributeError(
                name
            )  # who asks whether this is wrapped, or callable, uses nothing
        module = self._module()
        self.__dict__.update({k: v for k, v in vars(module).items() if not k.startswith("__")})
        return getattr(module, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module(), name, value)
        self.__dict__[name] = value

    def __delattr__(self, name: str) -> None:
        delattr(self._module(), name)
        self.__dict__.pop(name, None)

    def __dir__(self) -> list[str]:
        return dir(self._module())

    def __repr__(self) -> str:
        return f"<module {self.__name__!r}, imported when it is used>"
