"""Fitting without scikit-learn."""

from __future__ import annotations

import sys

import pytest

from askive.eval.calibration.scikit_learn import import_sklearn
from askive.rag.errors import UsageError


def test_what_to_install_is_said_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert import_sklearn("metrics").roc_auc_score([0, 1], [0.1, 0.9]) == 1.0
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(UsageError, match="scikit-learn is not installed") as caught:
        import_sklearn("linear_model")
    assert caught.value.remedy == "run `pip install 'askive[calibrate]'`"
