"""Estimators of mmlcore in scikit-learn's machinery: `python examples/pipeline.py`."""

from __future__ import annotations

import argparse

import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

from mmlcore.estimators import PCA, KNeighborsClassifier


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1797)
    args = parser.parse_args()
    data, kind = load_digits(return_X_y=True, as_frame=True)
    data, kind = data[: args.points], kind[: args.points]
    train, test, train_kind, test_kind = train_test_split(data, kind, random_state=0)

    steps = make_pipeline(StandardScaler(), PCA(), KNeighborsClassifier())
    steps.set_output(transform="pandas")
    grid = {"pca__n_components": [10, 30], "kneighborsclassifier__n_neighbors": [1, 5]}
    # scikit-learn's own limits reach the threads of mmlcore too.
    with threadpool_limits(1):
        assert {x["num_threads"] for x in threadpool_info() if x["user_api"] == "mmlcore"} == {1}
        search = GridSearchCV(steps, grid, cv=3).fit(train, train_kind)
    scores = search.best_estimator_[:-1].transform(test)
    assert isinstance(scores, pd.DataFrame)
    assert scores.index.equals(test.index)
    print(scores.iloc[:3, :4].round(2))
    print(f"best: {search.best_params_}, accuracy {search.score(test, test_kind):.3f}")


if __name__ == "__main__":
    main()
