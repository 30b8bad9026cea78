"""The model, which predicts how likely a departure is to be late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project.pipelines.flights.annotations import DataFrame, HistGradientBoostingClassifier, Series
from project.pipelines.flights.features import FEATURE_GROUPS, FEATURES, TARGET
from project.pipelines.flights.tables import NEW_YORK

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

BASELINE_KEYS = ["origin", "hour"]


def split_flights(
    features: DataFrame, test_from: str, training: dict[str, Any]
) -> tuple[DataFrame, DataFrame]:
    """Return a sample of the flights scheduled before ``test_from``, and all later flights.

    Raises:
        ValueError: there are no flights to train on, or none to test on.
    """
    import pandas as pd

    is_test = features["scheduled_at"] >= pd.Timestamp(test_from, tz=NEW_YORK)
    before = features[~is_test].sample(frac=training["fraction"], random_state=training["seed"])
    if before.empty or not is_test.any():
        raise ValueError(
            f"The split leaves {len(before)} flights before {test_from} for training and "
            f"{is_test.sum()} for testing. "
            "Change delay_model.test_from or delay_model.training.fraction."
        )
    return before.sort_index(), features[is_test]


def fit_baseline(train: DataFrame) -> DataFrame:
    """Return the share of late departures by airport and hour."""
    return (
        _with_hour(train)
        .groupby(BASELINE_KEYS, observed=True)[TARGET]
        .mean()
        .rename("baseline")
        .reset_index()
    )


def _with_hour(features: DataFrame) -> DataFrame:
    return features.assign(hour=features["minute_of_day"] // 60)


def fit_classifier(
    train: DataFrame, arguments: dict[str, Any], training: dict[str, Any]
) -> HistGradientBoostingClassifier:
    """Fit gradient-boosted trees, which handle categories and missing values directly."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    classifier = HistGradientBoostingClassifier(
        categorical_features="from_dtype", random_state=training["seed"], **arguments
    )
    with _one_thread():
        return classifier.fit(train[FEATURES], train[TARGET])


def _one_thread() -> AbstractContextManager[Any]:
    # Parallelism is the runner's choice. Besides, OpenMP threads that wait for a core that another
    # process keeps busy make the fit ten times slower.
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(limits=1, user_api="openmp")
    return limits


def predict_delays(
    test: DataFrame, classifier: HistGradientBoostingClassifier, baseline: DataFrame
) -> DataFrame:
    """Return the probability that each test flight is late, by the classifier and the baseline.

    For an hour that the baseline has not seen, it is the mean over the other hours.
    """
    by_hour = _with_hour(test).merge(baseline, on=BASELINE_KEYS, how="left", validate="many_to_one")
    keys = test[["flight", "carrier", "origin", "dest", "scheduled_at", TARGET]]
    return keys.reset_index(drop=True).assign(
        baseline=by_hour["baseline"].fillna(baseline["baseline"].mean()),
        classifier=_probability(classifier, test),
    )


def _probability(classifier: HistGradientBoostingClassifier, features: DataFrame) -> Any:
    with _one_thread():
        return classifier.predict_proba(features[FEATURES])[:, 1]


def evaluate_predictions(predictions: DataFrame) -> dict[str, Any]:
    """Return the scores of the classifier and the baseline on the test flights."""
    late = predictions[TARGET]
    return {
        "flights": len(predictions),
        "late_share": float(late.mean()),
        **{model: _score(late, predictions[model]) for model in ("classifier", "baseline")},
    }


def _score(late: Series, probability: Series) -> dict[str, float]:
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    riskiest = probability.rank(method="first", ascending=False) <= len(probability) / 10
    # Flights of equal risk have no order, so each counts with their mean.
    expected = late.groupby(probability).transform("mean")
    return {
        "roc_auc": float(roc_auc_score(late, probability)),
        "average_precision": float(average_precision_score(late, probability)),
        "brier_score": float(brier_score_loss(late, probability)),
        "late_share_of_riskiest_tenth": float(expected[riskiest].mean()),
    }


def measure_importance(
    test: DataFrame, classifier: HistGradientBoostingClassifier, importance: dict[str, Any]
) -> DataFrame:
    """Return the ROC AUC lost when the columns of each group of features are shuffled together."""
    import pandas as pd

    seed = importance["seed"]
    sample = test.sample(n=min(importance["rows"], len(test)), random_state=seed)
    whole = _roc_auc(classifier, sample)
    losses = [
        (group, whole - _roc_auc(classifier, _shuffle(sample, columns, seed + 1)))
        for group, columns in FEATURE_GROUPS.items()
    ]
    table = pd.DataFrame(losses, columns=["group", "auc_loss"])
    return table.sort_values("auc_loss", ascending=False, ignore_index=True)


def _roc_auc(classifier: HistGradientBoostingClassifier, features: DataFrame) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(features[TARGET], _probability(classifier, features)))


def _shuffle(features: DataFrame, columns: list[str], seed: int) -> DataFrame:
    other = features[columns].sample(frac=1, random_state=seed)
    return features.assign(**{name: other[name].array for name in columns})
